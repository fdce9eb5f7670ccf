import { AppError, declareError } from '@app/common';

export const EMAIL_TAKEN = declareError('email_taken', 409, 'This e-mail address is registered already');
export const USERNAME_TAKEN = declareError('username_taken', 409, 'This username is taken');
export const LAST_ADMIN = declareError('last_admin', 409, 'The platform cannot be without an admin');

export function lastAdmin(): AppError {
  return new AppError(LAST_ADMIN, 'This is the only active admin of the platform. Make another account an admin first.');
}
