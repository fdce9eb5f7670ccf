import type { AccessTokenRow } from '@app/domain';
import { ApiProperty } from '@nestjs/swagger';
import { SCOPES } from '../../principal';

/** A personal access token, without its secret. */
export class TokenResponse {
  @ApiProperty({ format: 'uuid', example: '019ab1c2-7d3e-7f40-8a11-5b6c7d8e9f02' }) id!: string;
  @ApiProperty({ example: 'nightly build' }) name!: string;
  @ApiProperty({ description: 'How the token begins, for telling tokens apart.', example: 'ac_pat_4fG7hK' }) prefix!: string;
  @ApiProperty({ enum: SCOPES, isArray: true, example: ['tasks:read', 'tasks:write'] }) scopes!: string[];
  @ApiProperty({ format: 'uuid', description: 'The one organization it acts in.', example: '019ab1c2-7d3e-7f40-8a11-5b6c7d8e9f00' }) organizationId!: string;
  @ApiProperty({ type: String, format: 'date-time', nullable: true, description: 'Good to a minute.', example: '2026-11-23T08:00:00.000Z' }) lastUsedAt!: Date | null;
  @ApiProperty({ type: String, format: 'date-time', nullable: true, description: 'null: never.', example: '2027-02-21T07:00:00.000Z' }) expiresAt!: Date | null;
  @ApiProperty({ type: String, format: 'date-time', example: '2026-11-23T07:00:00.000Z' }) createdAt!: Date;

  static from(row: AccessTokenRow): TokenResponse {
    const { id, organizationId, name, tokenPrefix, scopes, lastUsedAt, expiresAt, createdAt } = row;
    return { id, name, prefix: tokenPrefix, scopes, organizationId, lastUsedAt, expiresAt, createdAt };
  }
}

export class NewTokenResponse extends TokenResponse {
  @ApiProperty({ description: 'Shown this once. Keep it like a password.', example: 'ac_pat_4fG7hK2mN8pQ1rS5tV9wX3yZ6aB0cD4eF7gH2jK5mN8pQ1rS5tV9w' }) token!: string;
}
