/** Shapes of credentials, each with the words one of which any such text holds: to look for a word is far cheaper than to try the shape. */
const SHAPES: readonly { readonly marks: readonly string[]; readonly shape: RegExp }[] = [
  // GitHub tokens have no fixed length since 2026 and may hold dots.
  { marks: ['gho_', 'ghp_', 'ghs_', 'ghu_', 'ghr_'], shape: /gh[opsur]_[A-Za-z0-9._-]{20,}/g },
  { marks: ['github_pat_'], shape: /github_pat_[A-Za-z0-9_]{20,}/g },
  { marks: ['sk-'], shape: /sk-(?:ant-|proj-)?[A-Za-z0-9_-]{20,}/g },
  { marks: ['sk_', 'rk_', 'whsec_'], shape: /(?:sk|rk|whsec)_(?:live_|test_)?[A-Za-z0-9+/=]{16,}/g },
  { marks: ['AIza'], shape: /AIza[A-Za-z0-9_-]{30,}/g },
  { marks: ['AKIA', 'ASIA'], shape: /\b(?:AKIA|ASIA)[A-Z0-9]{16}\b/g },
  { marks: ['xoxa-', 'xoxb-', 'xoxe-', 'xoxo-', 'xoxp-', 'xoxr-', 'xoxs-'], shape: /\bxox[abeoprs]-[A-Za-z0-9-]{20,}/g },
  { marks: ['glpat-'], shape: /\bglpat-[A-Za-z0-9_-]{20,}/g },
  { marks: ['npm_'], shape: /\bnpm_[A-Za-z0-9]{36}/g },
  // Escaped line ends too: keys stand in JSON and in environments.
  { marks: ['PRIVATE KEY'], shape: /(?<=-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----)(?:[A-Za-z0-9+/=:, .\r\n-]|\\[nr]){1,20000}/g },
  { marks: ['ac_pat_'], shape: /ac_pat_[A-Za-z0-9_-]{16,}/g },
  { marks: ['eyJ'], shape: /eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}/g },
  { marks: ['://'], shape: /(?<=:\/\/[^\s:/@]{1,200}:)[^\s:/@]{1,200}(?=@)/g },
];

export const REDACTED = '[redacted]';

const SHORTEST_VALUE = 6;
/** Shorter texts stand in a text by chance. */
const SHORTEST_FORM = 8;

/** A secret as it is, and as it stands in JSON, in a URL, in hexadecimal, and in base64 wherever it begins there. */
export function secretForms(value: string): string[] {
  if (value.length < SHORTEST_VALUE) return [];
  const bytes = Buffer.from(value, 'utf8');
  const hex = bytes.toString('hex');
  const base64 = [0, 1, 2].map((offset) => base64At(bytes, offset));
  const encoded = [JSON.stringify(value).slice(1, -1), encodeURIComponent(value.replace(/\p{Surrogate}/gu, '\ufffd')), hex, hex.toUpperCase(), ...base64, ...base64.map((text) => text.replaceAll('+', '-').replaceAll('/', '_'))];
  return [...new Set([value, ...encoded.filter((text) => text.length >= SHORTEST_FORM)])];
}

/** What is the same in any base64 that holds the bytes at this offset: characters that share bits with a neighbour are left out. */
function base64At(bytes: Buffer, offset: number): string {
  const text = Buffer.concat([Buffer.alloc(offset), bytes]).toString('base64').replaceAll('=', '');
  return text.slice(offset === 0 ? 0 : offset + 1, (offset + bytes.length) % 3 === 0 ? text.length : text.length - 1);
}

/** Replaces everything in the text that has the shape of a credential, and each of the exact `values` in any of its forms. */
export function redact(text: string, values: readonly string[] = []): string {
  let clean = text;
  for (const form of values.flatMap(secretForms)) if (clean.includes(form)) clean = clean.replaceAll(form, () => REDACTED);
  for (const { marks, shape } of SHAPES) if (marks.some((mark) => clean.includes(mark))) clean = clean.replace(shape, REDACTED);
  return clean;
}
