/** Shapes of credentials. GitHub tokens have no fixed length since 2026 and may hold dots. */
const PATTERNS = [
  /gh[opsur]_[A-Za-z0-9._-]{20,}/g,
  /github_pat_[A-Za-z0-9_]{20,}/g,
  /sk-(?:ant-|proj-)?[A-Za-z0-9_-]{20,}/g,
  /(?:sk|rk|whsec)_(?:live_|test_)?[A-Za-z0-9+/=]{16,}/g,
  /AIza[A-Za-z0-9_-]{30,}/g,
  /ac_pat_[A-Za-z0-9_-]{16,}/g,
  /eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}/g,
  /(?<=:\/\/[^\s:/@]{1,200}:)[^\s:/@]{1,200}(?=@)/g,
];

export const REDACTED = '[redacted]';

/** Replaces everything in the text that has the shape of a credential, and each of the exact `values`. */
export function redact(text: string, values: readonly string[] = []): string {
  let clean = text;
  for (const value of values) if (value.length >= 6) clean = clean.split(value).join(REDACTED);
  for (const pattern of PATTERNS) clean = clean.replace(pattern, REDACTED);
  return clean;
}
