import type { InstallationToken } from './tokens';

/** Who asks. */
export type Caller = { readonly kind: 'anonymous' } | { readonly kind: 'app' } | { readonly kind: 'installation'; readonly token: InstallationToken };

export function callerName(caller: Caller): string {
  return caller.kind === 'installation' ? `installation ${caller.token.installationId}` : caller.kind;
}
