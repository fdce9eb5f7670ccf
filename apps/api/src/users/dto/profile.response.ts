import { creditsFromMicros } from '@app/common';
import type { Entitlement } from '@app/billing';
import type { GithubConnection, GithubInstallation, MemberOrganization, User } from '@app/domain';
import { ApiProperty } from '@nestjs/swagger';
import { ORGANIZATION_ROLES, OrganizationSummary } from '../../auth/dto/session.response';
import type { OrganizationRole } from '../../auth/principal';

export class ProfileInstallation {
  @ApiProperty() installationId!: string;
  @ApiProperty() accountLogin!: string;
  @ApiProperty({ enum: ['User', 'Organization', 'Enterprise'] }) accountType!: GithubInstallation['accountType'];
  @ApiProperty({ enum: ['all', 'selected'] }) repositorySelection!: GithubInstallation['repositorySelection'];
  @ApiProperty({ type: String, format: 'date-time', nullable: true }) suspendedAt!: string | null;
}

export class ProfileGithub {
  @ApiProperty() connected!: boolean;
  @ApiProperty({ enum: ['none', 'connected', 'expired', 'revoked'], description: 'expired and revoked: connect it again.' }) status!: 'none' | GithubConnection['status'];
  @ApiProperty({ type: String, nullable: true }) login!: string | null;
  @ApiProperty({ type: String, nullable: true }) id!: string | null;
  @ApiProperty({ type: [ProfileInstallation], description: 'Of the current organization.' }) installations!: ProfileInstallation[];
}

export class ProfileOrganization {
  @ApiProperty({ format: 'uuid' }) id!: string;
  @ApiProperty() name!: string;
  @ApiProperty({ enum: ORGANIZATION_ROLES }) role!: OrganizationRole;
}

export class ProfileSubscription {
  @ApiProperty({ enum: ['free', 'pro', 'enterprise'] }) tier!: Entitlement['tier'];
  @ApiProperty({ type: String, nullable: true }) status!: string | null;
  @ApiProperty({ type: String, format: 'date-time', nullable: true }) currentPeriodEnd!: string | null;
}

/** What a profile is made of. */
export interface ProfileParts {
  readonly user: User;
  readonly current: ProfileOrganization;
  readonly organizations: readonly MemberOrganization[];
  readonly installations: readonly GithubInstallation[];
  readonly connection: GithubConnection | null;
  readonly entitlement: Entitlement;
  readonly availableMicro: bigint;
}

export class ProfileResponse {
  @ApiProperty({ format: 'uuid' }) id!: string;
  @ApiProperty() email!: string;
  @ApiProperty() emailVerified!: boolean;
  @ApiProperty() username!: string;
  @ApiProperty({ type: String, nullable: true }) displayName!: string | null;
  @ApiProperty({ type: String, nullable: true }) firstName!: string | null;
  @ApiProperty({ type: String, nullable: true }) lastName!: string | null;
  @ApiProperty({ type: String, nullable: true }) avatarUrl!: string | null;
  @ApiProperty({ type: String, nullable: true }) bio!: string | null;
  @ApiProperty({ type: String, nullable: true }) location!: string | null;
  @ApiProperty({ type: String, nullable: true }) websiteUrl!: string | null;
  @ApiProperty({ type: String, nullable: true }) company!: string | null;
  @ApiProperty() timezone!: string;
  @ApiProperty() locale!: string;
  @ApiProperty({ enum: ['user', 'support', 'admin'] }) role!: User['role'];
  @ApiProperty({ type: ProfileGithub }) github!: ProfileGithub;
  @ApiProperty({ type: ProfileOrganization, description: 'The one this request acted in.' }) organization!: ProfileOrganization;
  @ApiProperty({ type: [OrganizationSummary] }) organizations!: OrganizationSummary[];
  @ApiProperty({ type: ProfileSubscription }) subscription!: ProfileSubscription;
  @ApiProperty({ description: 'Free credits of the organization.' }) credits!: number;
  @ApiProperty({ type: 'integer' }) creditsMicros!: number;
  @ApiProperty({ type: 'object', additionalProperties: true }) preferences!: Record<string, unknown>;
  @ApiProperty({ format: 'date-time' }) createdAt!: string;
  @ApiProperty({ format: 'date-time' }) updatedAt!: string;

  static from(parts: ProfileParts): ProfileResponse {
    const { user, entitlement } = parts;
    const { id, email, username, displayName, firstName, lastName, avatarUrl, bio, location, websiteUrl, company, timezone, locale, role, preferences } = user;
    return {
      id, email, emailVerified: user.emailVerifiedAt !== null, username, displayName, firstName, lastName, avatarUrl, bio, location, websiteUrl, company, timezone, locale, role,
      github: toGithub(parts),
      organization: parts.current,
      organizations: parts.organizations.map((organization) => ({ id: organization.id, name: organization.name, slug: organization.slug, role: organization.role })),
      subscription: { tier: entitlement.tier, status: entitlement.status, currentPeriodEnd: entitlement.currentPeriodEnd?.toISOString() ?? null },
      credits: creditsFromMicros(parts.availableMicro),
      creditsMicros: Number(parts.availableMicro),
      preferences,
      createdAt: user.createdAt.toISOString(),
      updatedAt: user.updatedAt.toISOString(),
    };
  }
}

function toGithub({ user, connection, installations }: ProfileParts): ProfileGithub {
  const status = connection?.status ?? 'none';
  return { connected: status === 'connected', status, login: connection?.login ?? user.githubUsername, id: connection?.githubUserId ?? user.githubId, installations: installations.map(toInstallation) };
}

function toInstallation(installation: GithubInstallation): ProfileInstallation {
  const { installationId, accountLogin, accountType, repositorySelection, suspendedAt } = installation;
  return { installationId, accountLogin, accountType, repositorySelection, suspendedAt: suspendedAt?.toISOString() ?? null };
}
