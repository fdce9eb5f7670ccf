import { AppError, declareError } from '@app/common';

export const REPOSITORY_ALREADY_CONNECTED = declareError('repository_already_connected', 409, 'This repository is connected already');
export const REPOSITORY_WRITE_DENIED = declareError('repository_write_denied', 403, 'You may not do this in the repository');
export const INVALID_CLONE_URL = declareError('invalid_clone_url', 422, 'This address cannot be cloned from');
export const PLAN_LIMIT_REPOSITORY_SECRETS = declareError('plan_limit_repository_secrets', 429, 'The repository may have no more secrets');
export const SSH_UNAVAILABLE = declareError('ssh_unavailable', 503, 'There is no ssh on this machine');
export const REPOSITORY_CREDENTIAL_UNREADABLE = declareError('repository_credential_unreadable', 500, 'The credential of the repository cannot be read');
export const REPOSITORY_SECRET_UNREADABLE = declareError('repository_secret_unreadable', 500, 'A secret of the repository cannot be read');

export function tooManySecrets(limit: number): AppError {
  return new AppError(PLAN_LIMIT_REPOSITORY_SECRETS, `A repository may have ${limit} secrets; delete one to add another.`, { members: { limit } });
}

export function secretUnreadable(name: string, cause: unknown): AppError {
  return new AppError(REPOSITORY_SECRET_UNREADABLE, `The secret ${name} of the repository cannot be read any more. Set it again.`, { cause });
}
