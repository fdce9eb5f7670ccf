import type { InvitationRow } from '@app/domain';
import { ApiProperty } from '@nestjs/swagger';
import { IsEmail, IsIn, MaxLength } from 'class-validator';
import { TextLength } from '../../http/validation/rules';

const INVITABLE_ROLES = ['admin', 'billing', 'member', 'viewer'] as const satisfies readonly InvitationRow['role'][];

export class CreateInvitationDto {
  @ApiProperty({ format: 'email', maxLength: 320, example: 'grace@example.com' })
  @IsEmail() @MaxLength(320)
  email!: string;

  @ApiProperty({ enum: INVITABLE_ROLES, example: 'member', description: 'Owners are made of members.' })
  @IsIn(INVITABLE_ROLES)
  role!: InvitationRow['role'];
}

export class AcceptInvitationDto {
  @ApiProperty({ minLength: 1, maxLength: 200, example: 'ac_inv_7Jw0kq3kqF1mZr8cW5nB2vXy4uT6sR9pQ0oL1iK2jHg' })
  @TextLength(1, 200)
  token!: string;
}

export class InvitationInviter {
  @ApiProperty({ format: 'uuid' }) id!: string;
  @ApiProperty({ example: 'ada' }) username!: string;
}

export class InvitationResponse {
  @ApiProperty({ format: 'uuid' }) id!: string;
  @ApiProperty({ example: 'grace@example.com' }) email!: string;
  @ApiProperty({ enum: INVITABLE_ROLES, example: 'member' }) role!: InvitationRow['role'];
  @ApiProperty({ enum: ['open', 'expired'], example: 'open' }) status!: 'open' | 'expired';
  @ApiProperty({ type: InvitationInviter, nullable: true }) invitedBy!: InvitationInviter | null;
  @ApiProperty({ format: 'date-time', example: '2026-11-30T08:00:00.000Z' }) expiresAt!: string;
  @ApiProperty({ format: 'date-time', example: '2026-11-23T08:00:00.000Z' }) createdAt!: string;

  static from(row: InvitationRow): InvitationResponse {
    const { id, email, role, isExpired, invitedByUserId, invitedByUsername, expiresAt, createdAt } = row;
    const invitedBy = invitedByUserId !== null && invitedByUsername !== null ? { id: invitedByUserId, username: invitedByUsername } : null;
    return { id, email, role, status: isExpired ? 'expired' : 'open', invitedBy, expiresAt: expiresAt.toISOString(), createdAt: createdAt.toISOString() };
  }
}

export class CreatedInvitationResponse extends InvitationResponse {
  @ApiProperty({ example: 'ac_inv_7Jw0kq3kqF1mZr8cW5nB2vXy4uT6sR9pQ0oL1iK2jHg', description: 'Shown this once. Give it to the person: we send no mail.' })
  token!: string;
}
