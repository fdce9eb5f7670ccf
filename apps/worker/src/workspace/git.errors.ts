import { AppError, declareError, type ErrorKind } from '@app/common';

export const GIT_AUTH_FAILED = declareError('git_auth_failed', 502, 'The repository refused our credentials', 'warn');
export const GIT_REPOSITORY_NOT_FOUND = declareError('git_repository_not_found', 502, 'The repository was not found', 'warn');
export const GIT_REF_NOT_FOUND = declareError('git_ref_not_found', 422, 'The branch or commit was not found');
export const GIT_NETWORK = declareError('git_network', 502, 'The repository could not be reached', 'warn');
export const GIT_TIMEOUT = declareError('git_timeout', 504, 'A git command took too long', 'warn');
export const GIT_TOO_LARGE = declareError('git_too_large', 422, 'The repository is too large');
export const GIT_PUSH_REJECTED = declareError('git_push_rejected', 409, 'The push was refused', 'warn');
export const GIT_FAILED = declareError('git_failed', 500, 'A git command failed');
export const GIT_URL_REFUSED = declareError('git_url_refused', 422, 'This repository address is not allowed');
export const CHECKPOINT_REFUSED = declareError('checkpoint_refused', 422, 'The state of the workspace could not be saved');

/** What git says when something outside went wrong; the first that matches counts. */
const SIGNS: readonly (readonly [RegExp, ErrorKind, string])[] = [
  [/Authentication failed|could not read Username|terminal prompts disabled|requested URL returned error: 40[13]/i, GIT_AUTH_FAILED, 'The repository refused our credentials, or they do not allow this.'],
  [/couldn't find remote ref|not our ref|Server does not allow request for unadvertised object|no such ref/i, GIT_REF_NOT_FOUND, 'The branch or commit does not exist in the repository.'],
  [/\[(remote )?rejected\]|stale info|non-fast-forward|protected branch|pre-receive hook declined|fetch first/i, GIT_PUSH_REJECTED, 'The repository refused the push.'],
  [/repository .*not found|does not appear to be a git repository|requested URL returned error: 404|Repository not found/i, GIT_REPOSITORY_NOT_FOUND, 'The repository does not exist, or we may not see it.'],
  [/Could not resolve host|Failed to connect|Connection (refused|reset|timed out)|early EOF|unexpected disconnect|RPC failed|requested URL returned error: 5\d\d|Operation too slow|SSL|TLS|gnutls/i, GIT_NETWORK, 'The repository could not be reached.'],
  [/transport '.*' not allowed|protocol '.*' is not supported|unable to update url base from redirection/i, GIT_URL_REFUSED, 'This kind of repository address is not allowed.'],
];

/** The error that git's words (without credentials) stand for. */
export function gitError(stderr: string, what: string): AppError {
  const words = stderr.trim().slice(-1_500);
  for (const [sign, kind, detail] of SIGNS) if (sign.test(words)) return new AppError(kind, `${detail} (${what})`, { cause: new Error(words) });
  return new AppError(GIT_FAILED, `git failed: ${what}`, { cause: new Error(words) });
}
