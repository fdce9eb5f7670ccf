import type { OrganizationMember, User } from '@app/domain';

export type OrganizationRole = OrganizationMember['role'];
export type PlatformRole = User['role'];
export type TokenKind = 'jwt';

/** Who a request acts for, in which organization, and how that was shown. */
export interface Principal {
  readonly userId: string;
  readonly organizationId: string;
  /** Role in that organization. */
  readonly role: OrganizationRole;
  readonly platformRole: PlatformRole;
  readonly sessionId: string;
  readonly tokenKind: TokenKind;
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
