/** Shorter texts would be found everywhere by chance. */
const LEAST_CHARACTERS = 6;
const LEAST_ENCODED = 8;
const known = new WeakMap<readonly string[], readonly string[]>();

/** Each secret as it is and as programs print it: base64 at every alignment, hexadecimal, escaped for URLs and JSON. Longest first. */
export function secretForms(secrets: readonly string[]): readonly string[] {
  const before = known.get(secrets);
  if (before !== undefined) return before;
  const forms = [...new Set(secrets.filter((secret) => secret.length >= LEAST_CHARACTERS).flatMap(formsOf))].sort((a, b) => b.length - a.length);
  known.set(secrets, forms);
  return forms;
}

function formsOf(secret: string): string[] {
  const bytes = Buffer.from(secret);
  const encoded = [0, 1, 2].flatMap((shift) => base64At(bytes, shift)).filter((text) => text.length >= LEAST_ENCODED);
  const hex = bytes.toString('hex');
  return [secret, encodeURIComponent(bytes.toString()), JSON.stringify(secret).slice(1, -1), hex, hex.toUpperCase(), ...encoded];
}

/** The characters of base64 that depend on these bytes alone, when so many others stand before them. */
function base64At(bytes: Buffer, shift: number): string[] {
  const text = Buffer.concat([Buffer.alloc(shift), bytes]).toString('base64');
  const sure = text.slice(Math.ceil((shift * 8) / 6), Math.floor(((shift + bytes.length) * 8) / 6));
  return [sure, sure.replace(/\+/g, '-').replace(/\//g, '_')];
}
