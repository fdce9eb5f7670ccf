import type { OrganizationMember, User } from '@app/domain';

export type OrganizationRole = OrganizationMember['role'];
export type PlatformRole = User['role'];
/** How a caller showed who they are: our own access token, a Clerk session token, or a personal access token. */
export type Credential = 'session' | 'clerk' | 'token';

/** What a personal access token may be allowed to do. Sessions need no scope. */
export const SCOPES = ['tasks:read', 'tasks:write', 'repos:read', 'repos:write', 'keys:write', 'billing:read', 'billing:write', 'analytics:read', 'webhooks:write'] as const;
export type Scope = (typeof SCOPES)[number];

/** Who a request acts for, in which organization, and how that was shown. */
export interface Principal {
  readonly userId: string;
  readonly organizationId: string;
  /** Role in that organization. */
  readonly role: OrganizationRole;
  readonly platformRole: PlatformRole;
  readonly credential: Credential;
  /** Our session, or null with a Clerk session or a personal access token. */
  readonly sessionId: string | null;
  /** The personal access token, or null with a session. */
  readonly tokenId: string | null;
  /** Scopes of a personal access token; empty for sessions, which need none. */
  readonly scopes: readonly Scope[];
  /** When the credential stops being good by itself; null: it does not. */
  readonly expiresAt: Date | null;
}

const RANK: Readonly<Record<Exclude<OrganizationRole, 'billing'>, number>> = { viewer: 0, member: 1, admin: 2, owner: 3 };
const PLATFORM_RANK: Readonly<Record<PlatformRole, number>> = { user: 0, support: 1, admin: 2 };

/** Whether a role reaches what `needed` may do. `billing` is a viewer who may also spend money; admins may too. */
export function hasRole(role: OrganizationRole, needed: OrganizationRole): boolean {
  if (needed === 'billing') return role === 'billing' || RANK[role] >= RANK.admin;
  return RANK[role === 'billing' ? 'viewer' : role] >= RANK[needed];
}

export function hasPlatformRole(role: PlatformRole, needed: PlatformRole): boolean {
  return PLATFORM_RANK[role] >= PLATFORM_RANK[needed];
}
