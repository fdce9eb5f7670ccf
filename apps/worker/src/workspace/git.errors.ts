import { AppError, declareError, GITHUB_PERMISSION_MISSING, type ErrorKind } from '@app/common';
import { SSH_UNAVAILABLE } from '@app/domain';

export const GIT_AUTH_FAILED = declareError('git_auth_failed', 502, 'The repository refused our credentials', 'warn');
export const GIT_REPOSITORY_NOT_FOUND = declareError('git_repository_not_found', 502, 'The repository was not found', 'warn');
export const GIT_REF_NOT_FOUND = declareError('git_ref_not_found', 422, 'The branch or commit was not found');
export const GIT_NETWORK = declareError('git_network', 502, 'The repository could not be reached', 'warn');
export const GIT_TIMEOUT = declareError('git_timeout', 504, 'A git command took too long', 'warn');
export const GIT_TOO_LARGE = declareError('git_too_large', 422, 'The repository is too large');
export const GIT_PUSH_REJECTED = declareError('git_push_rejected', 409, 'The push was refused', 'warn');
export const GIT_FAILED = declareError('git_failed', 500, 'A git command failed');
export const GIT_URL_REFUSED = declareError('git_url_refused', 422, 'This repository address is not allowed');
export const GIT_READ_ONLY = declareError('git_read_only', 409, 'The repository cannot be written to', 'warn');
export const GIT_RATE_LIMITED = declareError('git_rate_limited', 503, 'The repository asks us to wait', 'warn');
export const GIT_HOST_KEY_REFUSED = declareError('git_host_key_refused', 502, 'The server is not the one that was confirmed', 'warn');
export const CHECKPOINT_REFUSED = declareError('checkpoint_refused', 422, 'The state of the workspace could not be saved');

/** What git says when something outside went wrong; the first that matches counts. */
const SIGNS: readonly (readonly [RegExp, ErrorKind, string])[] = [
  [/refusing to allow .{1,80} to create or update workflow/i, GITHUB_PERMISSION_MISSING, 'The change holds workflow files, and the GitHub App lacks the permission "workflows".'],
  [/archived so it is read-only|repository (is|has been) (archived|disabled|locked)|access to this repository has been disabled|is read-only\b/i, GIT_READ_ONLY, 'The repository is archived, disabled or read-only.'],
  [/requested URL returned error: 429|too many requests/i, GIT_RATE_LIMITED, 'The repository asks us to wait.'],
  [/Host key verification failed|REMOTE HOST IDENTIFICATION HAS CHANGED/i, GIT_HOST_KEY_REFUSED, 'The server showed another host key than the one that was confirmed.'],
  [/cannot run .{0,40}ssh|ssh: (command )?not found/i, SSH_UNAVAILABLE, 'There is no ssh on the worker.'],
  [/Permission denied \(|Permission to .{1,200} denied|deploy key .{0,40}(read.only|marked as read)|Too many authentication failures|Load key .{0,200}: (error|invalid)/i, GIT_AUTH_FAILED, 'The repository refused our credentials, or they do not allow this.'],
  [/Authentication failed|could not read Username|terminal prompts disabled|requested URL returned error: 40[13]/i, GIT_AUTH_FAILED, 'The repository refused our credentials, or they do not allow this.'],
  [/couldn't find remote ref|not our ref|Server does not allow request for unadvertised object|no such ref/i, GIT_REF_NOT_FOUND, 'The branch or commit does not exist in the repository.'],
  [/\[(remote )?rejected\]|stale info|non-fast-forward|protected branch|pre-receive hook declined|fetch first/i, GIT_PUSH_REJECTED, 'The repository refused the push.'],
  [/repository .*not found|does not appear to be a git repository|requested URL returned error: 404|Repository not found/i, GIT_REPOSITORY_NOT_FOUND, 'The repository does not exist, or we may not see it.'],
  [/Could not resolve host|Failed to connect|Connection (refused|reset|timed out|closed)|kex_exchange_identification|Could not resolve hostname|No route to host|early EOF|unexpected disconnect|Empty reply from server|Recv failure|transfer closed|RPC failed|requested URL returned error: 5\d\d|Operation too slow|SSL|TLS|gnutls/i, GIT_NETWORK, 'The repository could not be reached.'],
  [/transport '.*' not allowed|protocol '.*' is not supported|unable to update url base from redirection/i, GIT_URL_REFUSED, 'This kind of repository address is not allowed.'],
];

const RATE_LIMITS: readonly string[] = [GIT_RATE_LIMITED.code, 'github_rate_limited'];
const UNKNOWN_WAIT_SECONDS = 60;
/** A wait that is longer is asked about again by then. */
const LONGEST_WAIT_SECONDS = 3_600;

/** Whether a forge only asks to come back later. */
export function isRateLimit(error: unknown): boolean {
  return error instanceof AppError && RATE_LIMITS.includes(error.code);
}

/** Seconds after which to come back. */
export function rateLimitWait(error: AppError): number {
  const { retryAfterSeconds } = error.members;
  return typeof retryAfterSeconds === 'number' ? Math.min(LONGEST_WAIT_SECONDS, Math.max(1, Math.ceil(retryAfterSeconds))) : UNKNOWN_WAIT_SECONDS;
}

/** The error that git's words (without credentials) stand for. */
export function gitError(stderr: string, what: string): AppError {
  const words = stderr.trim().slice(-1_500);
  for (const [sign, kind, detail] of SIGNS) if (sign.test(words)) return new AppError(kind, `${detail} (${what})`, { cause: new Error(words) });
  return new AppError(GIT_FAILED, `git failed: ${what}`, { cause: new Error(words) });
}
