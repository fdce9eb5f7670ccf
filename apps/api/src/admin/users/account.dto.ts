import type { AccountFilter, AccountRow } from '@app/domain';
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsOptional, IsUUID } from 'class-validator';
import { OrganizationResponse } from '../../organizations/dto/organization.response';
import { PageQuery } from '../../http/paging/page.query';
import { TextLength, WhenSent } from '../../http/validation/rules';
import { IsCredits } from '../../tasks/dto/rules';

const STATUSES = ['active', 'suspended', 'deleted'] as const satisfies readonly AccountRow['status'][];
const SETTABLE_STATUSES = ['active', 'suspended'] as const;
const PLATFORM_ROLES = ['user', 'support', 'admin'] as const satisfies readonly AccountRow['role'][];
export class AccountQuery extends PageQuery implements AccountFilter {
  @ApiPropertyOptional({ minLength: 1, maxLength: 320, description: 'Part of the e-mail address or the username, or an id.', example: 'ada@' })
  @IsOptional() @TextLength(1, 320)
  q?: string;

  @ApiPropertyOptional({ enum: STATUSES, description: 'Erased accounts are shown only when asked for.' })
  @IsOptional() @IsIn(STATUSES)
  status?: AccountRow['status'];

  @ApiPropertyOptional({ enum: PLATFORM_ROLES, description: 'Role on the platform.' })
  @IsOptional() @IsIn(PLATFORM_ROLES)
  role?: AccountRow['role'];
}

export class UpdateAccountDto {
  @ApiPropertyOptional({ enum: PLATFORM_ROLES, example: 'support', description: 'Role on the platform.' })
  @WhenSent() @IsIn(PLATFORM_ROLES)
  role?: AccountRow['role'];

  @ApiPropertyOptional({ enum: SETTABLE_STATUSES, example: 'suspended', description: '`suspended` ends all sessions at once and refuses every credential.' })
  @WhenSent() @IsIn(SETTABLE_STATUSES)
  status?: (typeof SETTABLE_STATUSES)[number];
}

export class GrantCreditsDto {
  @ApiProperty({ format: 'uuid', description: 'One that the user belongs to.' })
  @IsUUID()
  organizationId!: string;

  @ApiProperty({ type: Number, example: 50, description: 'Credits above 0, at most 6 decimals.' })
  @IsCredits()
  amount!: number;

  @ApiProperty({ minLength: 1, maxLength: 500, example: 'Made up for the outage of 23 November' })
  @TextLength(1, 500)
  reason!: string;
}

export class GrantedCreditsResponse {
  @ApiProperty({ format: 'uuid' }) organizationId!: string;
  @ApiProperty({ format: 'uuid' }) userId!: string;
  @ApiProperty({ example: 50 }) amount!: number;
  @ApiProperty({ type: 'integer', example: 50_000_000 }) amountMicros!: number;
  @ApiProperty({ example: 'Made up for the outage of 23 November' }) reason!: string;
  @ApiProperty({ example: 150, description: 'Free credits of the organization now.' }) available!: number;
  @ApiProperty({ type: 'integer', example: 150_000_000 }) availableMicros!: number;
}

export class AccountResponse {
  @ApiProperty({ format: 'uuid' }) id!: string;
  @ApiProperty({ example: 'ada@example.com' }) email!: string;
  @ApiProperty({ example: true }) emailVerified!: boolean;
  @ApiProperty({ example: 'ada' }) username!: string;
  @ApiProperty({ type: String, nullable: true, example: 'Ada Lovelace' }) displayName!: string | null;
  @ApiProperty({ enum: PLATFORM_ROLES, example: 'user' }) role!: AccountRow['role'];
  @ApiProperty({ enum: STATUSES, example: 'active' }) status!: AccountRow['status'];
  @ApiProperty({ type: String, nullable: true, example: null }) clerkId!: string | null;
  @ApiProperty({ type: String, nullable: true, example: 'ada' }) githubUsername!: string | null;
  @ApiProperty({ type: String, format: 'date-time', nullable: true, example: '2026-11-23T08:00:00.000Z' }) lastLoginAt!: string | null;
  @ApiProperty({ type: String, format: 'date-time', nullable: true, example: null, description: 'After too many wrong passwords.' }) lockedUntil!: string | null;
  @ApiProperty({ format: 'date-time', example: '2026-11-23T08:00:00.000Z' }) createdAt!: string;
  @ApiProperty({ format: 'date-time', example: '2026-11-23T08:00:00.000Z' }) updatedAt!: string;
  @ApiProperty({ type: String, format: 'date-time', nullable: true, example: null }) deletedAt!: string | null;

  static from(row: AccountRow): AccountResponse {
    const { id, email, emailVerifiedAt, username, displayName, role, status, clerkId, githubUsername, lastLoginAt, lockedUntil, createdAt, updatedAt, deletedAt } = row;
    return {
      id, email, emailVerified: emailVerifiedAt !== null, username, displayName, role, status, clerkId, githubUsername, lastLoginAt: lastLoginAt?.toISOString() ?? null,
      lockedUntil: lockedUntil?.toISOString() ?? null, createdAt: createdAt.toISOString(), updatedAt: updatedAt.toISOString(), deletedAt: deletedAt?.toISOString() ?? null,
    };
  }
}

export class AccountDetailsResponse extends AccountResponse {
  @ApiProperty({ type: [OrganizationResponse] }) organizations!: OrganizationResponse[];
}
