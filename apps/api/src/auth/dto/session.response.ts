import { ApiProperty } from '@nestjs/swagger';
import type { User } from '@app/domain';
import type { OrganizationRole } from '../principal';

export const ORGANIZATION_ROLES = ['owner', 'admin', 'billing', 'member', 'viewer'] as const;

export class OrganizationSummary {
  @ApiProperty({ format: 'uuid' }) id!: string;
  @ApiProperty() name!: string;
  @ApiProperty() slug!: string;
  @ApiProperty({ enum: ORGANIZATION_ROLES }) role!: OrganizationRole;
}

export class UserSummary {
  @ApiProperty({ format: 'uuid' }) id!: string;
  @ApiProperty() email!: string;
  @ApiProperty() emailVerified!: boolean;
  @ApiProperty() username!: string;
  @ApiProperty({ type: String, nullable: true }) displayName!: string | null;
  @ApiProperty({ type: String, nullable: true }) avatarUrl!: string | null;
  @ApiProperty({ enum: ['user', 'support', 'admin'] }) role!: User['role'];

  static from(user: User): UserSummary {
    const { id, email, emailVerifiedAt, username, displayName, avatarUrl, role } = user;
    return { id, email, emailVerified: emailVerifiedAt !== null, username, displayName, avatarUrl, role };
  }
}

export class TokensResponse {
  @ApiProperty() accessToken!: string;
  @ApiProperty({ enum: ['Bearer'] }) tokenType!: 'Bearer';
  @ApiProperty({ type: 'integer', description: 'Seconds until the access token expires.' }) expiresIn!: number;
  @ApiProperty({ description: 'Good once; each use gives the next one.' }) refreshToken!: string;
}

export class SessionResponse extends TokensResponse {
  @ApiProperty({ type: UserSummary }) user!: UserSummary;
  @ApiProperty({ type: OrganizationSummary }) organization!: OrganizationSummary;
}
