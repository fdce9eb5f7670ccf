import type { Member } from '@app/domain';
import { ApiProperty } from '@nestjs/swagger';
import { IsIn } from 'class-validator';
import { ORGANIZATION_ROLES } from '../../auth/dto/session.response';
import { hasRole, type OrganizationRole } from '../../auth/principal';

export class UpdateMemberDto {
  @ApiProperty({ enum: ORGANIZATION_ROLES, example: 'admin' })
  @IsIn(ORGANIZATION_ROLES)
  role!: OrganizationRole;
}

export class MemberResponse {
  @ApiProperty({ format: 'uuid' }) userId!: string;
  @ApiProperty({ example: 'ada' }) username!: string;
  @ApiProperty({ type: String, nullable: true, example: 'Ada Lovelace' }) displayName!: string | null;
  @ApiProperty({ type: String, nullable: true, example: 'https://example.com/ada.png' }) avatarUrl!: string | null;
  @ApiProperty({ type: String, nullable: true, example: 'ada@example.com', description: 'Shown to admins, and to yourself.' }) email!: string | null;
  @ApiProperty({ enum: ORGANIZATION_ROLES, example: 'member' }) role!: OrganizationRole;
  @ApiProperty({ format: 'date-time', example: '2026-11-23T08:00:00.000Z' }) joinedAt!: string;

  static from(member: Member, viewer: { readonly userId: string; readonly role: OrganizationRole }): MemberResponse {
    const { userId, username, displayName, avatarUrl, role } = member;
    const email = hasRole(viewer.role, 'admin') || viewer.userId === userId ? member.email : null;
    return { userId, username, displayName, avatarUrl, email, role, joinedAt: member.createdAt.toISOString() };
  }
}
