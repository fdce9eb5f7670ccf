import { AppError, declareError } from '@app/common';
import type { GithubConnection } from '@app/domain';

export const OAUTH_STATE_EXPIRED = declareError('oauth_state_expired', 410, 'This way to GitHub and back is over');
export const GITHUB_NOT_CONNECTED = declareError('github_not_connected', 403, 'Your GitHub account is not connected');

/** What keeps a connection from being used. */
export type NotConnected = 'none' | Exclude<GithubConnection['status'], 'connected'>;

const WHY: Readonly<Record<NotConnected, string>> = {
  none: 'Your GitHub account is not connected.',
  expired: 'The connection to your GitHub account has expired.',
  revoked: 'GitHub does not take the connection to your account any more: you revoked it there.',
};

export function githubNotConnected(reason: NotConnected): AppError {
  return new AppError(GITHUB_NOT_CONNECTED, `${WHY[reason]} Connect it with POST /users/github, or by the address that GET /auth/github/start gives.`, { members: { reason } });
}

/** Unknown, used, too old, of another browser or another user: always the same. */
export function oauthStateExpired(): AppError {
  return new AppError(OAUTH_STATE_EXPIRED, 'This state is unknown, was used before, is older than ten minutes, or was begun elsewhere. Begin again.');
}

/** The code was used, is too old, or was not given to who began. */
export function codeRefused(reason: string): AppError {
  return new AppError(OAUTH_STATE_EXPIRED, `GitHub gives no token for this code (${reason}). Begin again.`);
}
