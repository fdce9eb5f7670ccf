/** Shapes of credentials, each with the words one of which any such text holds: to look for a word is far cheaper than to try the shape. */
const SHAPES: readonly { readonly marks: readonly string[]; readonly shape: RegExp }[] = [
  // GitHub tokens have no fixed length since 2026 and may hold dots.
  { marks: ['gho_', 'ghp_', 'ghs_', 'ghu_', 'ghr_'], shape: /gh[opsur]_[A-Za-z0-9._-]{20,}/g },
  { marks: ['github_pat_'], shape: /github_pat_[A-Za-z0-9_]{20,}/g },
  { marks: ['sk-'], shape: /sk-(?:ant-|proj-)?[A-Za-z0-9_-]{20,}/g },
  { marks: ['sk_', 'rk_', 'whsec_'], shape: /(?:sk|rk|whsec)_(?:live_|test_)?[A-Za-z0-9+/=]{16,}/g },
  { marks: ['AIza'], shape: /AIza[A-Za-z0-9_-]{30,}/g },
  { marks: ['ac_pat_'], shape: /ac_pat_[A-Za-z0-9_-]{16,}/g },
  { marks: ['eyJ'], shape: /eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}/g },
  { marks: ['://'], shape: /(?<=:\/\/[^\s:/@]{1,200}:)[^\s:/@]{1,200}(?=@)/g },
];

export const REDACTED = '[redacted]';

/** Replaces everything in the text that has the shape of a credential, and each of the exact `values`. */
export function redact(text: string, values: readonly string[] = []): string {
  let clean = text;
  for (const value of values) if (value.length >= 6) clean = clean.split(value).join(REDACTED);
  for (const { marks, shape } of SHAPES) if (marks.some((mark) => clean.includes(mark))) clean = clean.replace(shape, REDACTED);
  return clean;
}
