/** A secret and the ways in which it could be written down. */
export interface WatchedSecret {
  /** For the report: the secret itself is not printed. */
  readonly name: string;
  readonly value: string;
}

/** Shorter texts occur by chance. */
const SHORTEST = 8;

/** The secret as it is, as base64 at each of the three alignments (both alphabets), as hex, and as part of a URL or of JSON. */
export function formsOf(value: string): string[] {
  if (value.length < SHORTEST) throw new Error('too short to be watched for');
  const bytes = Buffer.from(value);
  const base64 = [0, 1, 2].map((offset) => aligned(bytes, offset));
  const forms = [value, JSON.stringify(value).slice(1, -1), encodeURIComponent(value), bytes.toString('hex'), ...base64, ...base64.map((text) => text.replaceAll('+', '-').replaceAll('/', '_'))];
  return [...new Set(forms)];
}

/** What is the same in the base64 of any text that holds the bytes at this offset: characters that share bits with a neighbour are cut off. */
function aligned(bytes: Buffer, offset: number): string {
  const text = Buffer.concat([Buffer.alloc(offset), bytes]).toString('base64').replaceAll('=', '');
  const first = offset === 0 ? 0 : offset + 1;
  const last = (offset + bytes.length) % 3 === 0 ? text.length : text.length - 1;
  return text.slice(first, last);
}

/** Makes a search for the secrets, in any form; it gives the names of those that a text holds. Hex counts in either case. */
export function watchFor(secrets: readonly WatchedSecret[]): (text: string) => string[] {
  const watched = secrets.map(({ name, value }) => ({ name, forms: formsOf(value), hex: Buffer.from(value).toString('hex') }));
  return (text) => {
    const lower = text.toLowerCase();
    return watched.filter(({ forms, hex }) => lower.includes(hex) || forms.some((form) => text.includes(form))).map(({ name }) => name);
  };
}
