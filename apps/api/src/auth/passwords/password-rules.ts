import { invalidField } from '@app/common';
import { COMMON_PASSWORDS } from './common-passwords';

/** Length is checked by the DTO; this refuses what is long but easy to guess. `pointer` names the body's field. @throws {AppError} validation_failed */
export function checkPassword(password: string, email: string, pointer = '/password'): void {
  const lower = password.toLowerCase();
  const [local = ''] = email.toLowerCase().split('@');
  if (lower.includes(email.toLowerCase()) || (local.length >= 4 && lower.includes(local))) throw invalidField(pointer, 'contains_email', 'must not contain your e-mail address');
  if (new Set(lower).size < 5 || isSequence(lower)) throw invalidField(pointer, 'too_simple', 'is a simple repetition or sequence; use several unrelated words');
  const core = lower.replace(/[\d!@#$%^&*().,?_-]{1,128}$/, '');
  if (COMMON_PASSWORDS.has(lower) || COMMON_PASSWORDS.has(core)) throw invalidField(pointer, 'too_common', 'is one of the passwords that guessers try first');
}

/** Every character is a neighbour of the one before ("abcdefghijklm", "987654321098"). */
function isSequence(text: string): boolean {
  const codes = [...text].map((letter) => letter.codePointAt(0) ?? 0);
  return codes.slice(1).every((code, index) => [1, 9].includes(Math.abs(code - (codes[index] ?? 0))));
}
