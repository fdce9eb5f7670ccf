import { AppError, declareError } from '@app/common';

export const API_KEY_DUPLICATE = declareError('api_key_duplicate', 409, 'There is such a key already');
export const API_KEY_UNREADABLE = declareError('api_key_unreadable', 409, 'The stored key cannot be opened', 'warn');

/** Which of a key's unique fields is taken. */
export type DuplicateField = 'keyValue' | 'name';

export function apiKeyDuplicate(field: DuplicateField): AppError {
  const detail = field === 'keyValue' ? 'This key is saved in your organization already.' : 'Your organization has a key of this name for this provider already.';
  return new AppError(API_KEY_DUPLICATE, detail, { errors: [{ pointer: `/${field}`, code: 'duplicate', detail }] });
}

/** The sealed text was changed, is another row's, or its key-encryption key is gone. Nothing of it is shown. */
export function apiKeyUnreadable(cause: unknown): AppError {
  return new AppError(API_KEY_UNREADABLE, 'The stored text of this key cannot be opened, so it was not used. Save the key again with PUT and keyValue.', { cause });
}
