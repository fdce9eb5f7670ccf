import type { InstallationToken } from './tokens';
import type { UserToken } from './user-tokens';

/** Who asks. `client`: the App with its client id and secret. */
export type Caller =
  | { readonly kind: 'anonymous' }
  | { readonly kind: 'app' }
  | { readonly kind: 'client' }
  | { readonly kind: 'user'; readonly token: UserToken }
  | { readonly kind: 'installation'; readonly token: InstallationToken };

export function callerName(caller: Caller): string {
  if (caller.kind === 'user') return `user ${caller.token.account.login}`;
  return caller.kind === 'installation' ? `installation ${caller.token.installationId}` : caller.kind;
}
