import { AppError } from '@app/common';
import { INVALID_REF } from '@app/domain';

const MAX_LENGTH = 255;
/** What git forbids in a ref, and what would read as a range, an option or a path. */
const FORBIDDEN = /[\p{Cc}\p{Cf} ~^:?*[\\]|\.\.|@\{|\/\/|^[-/.]|[/.]$|\/\.|\.lock(?:\/|$)|^@$/u;
const COMMIT = /^[0-9a-f]{40}(?:[0-9a-f]{24})?$/;

/** Whether the text can be nothing but a branch, tag or commit. */
export function isRef(text: string): boolean {
  return text.length >= 1 && text.length <= MAX_LENGTH && !FORBIDDEN.test(text);
}

export function isCommit(text: string): boolean {
  return COMMIT.test(text);
}

/** @throws {AppError} invalid_ref, with the field's pointer */
export function checkRef(field: 'branch' | 'targetBranch', text: string): string {
  if (isRef(text)) return text;
  const detail = `${field} must be a branch, tag or commit: 1 to ${MAX_LENGTH} characters, without spaces, "..", "@{", "~^:?*[\\" or a leading "-"`;
  throw new AppError(INVALID_REF, detail, { errors: [{ pointer: `/${field}`, code: 'invalid_ref', detail }] });
}
