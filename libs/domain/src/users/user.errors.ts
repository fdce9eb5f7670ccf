import { declareError } from '@app/common';

export const EMAIL_TAKEN = declareError('email_taken', 409, 'This e-mail address is registered already');
export const USERNAME_TAKEN = declareError('username_taken', 409, 'This username is taken');
