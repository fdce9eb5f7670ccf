import { AppError, declareError } from '@app/common';

export const ACCOUNT_LINK_REQUIRED = declareError('account_link_required', 409, 'This account has to be linked first');

/** An account with this address exists, and nothing shows that the same person made it: whoever registered an address first must not get the other's account. */
export function accountLinkRequired(): AppError {
  return new AppError(ACCOUNT_LINK_REQUIRED, 'An account with this e-mail address exists already. Sign in to it with its password.');
}

/** Accounts are known by an e-mail address, and this person has none. */
export function addressRequired(): AppError {
  return new AppError(ACCOUNT_LINK_REQUIRED, 'Your sign-in has no e-mail address. Add one there, and sign in again.');
}
