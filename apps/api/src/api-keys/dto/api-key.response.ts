import type { ApiKeyRow } from '@app/domain';
import { ApiProperty } from '@nestjs/swagger';
import { CreatorBrief, isoOrNull } from '../../tasks/dto/task-parts.response';

export const KEY_STATUSES = ['unverified', 'valid', 'invalid', 'rate_limited', 'expired'] as const satisfies readonly ApiKeyRow['status'][];

const time = (description: string) => ({ type: String, format: 'date-time', nullable: true, example: '2026-11-23T08:00:00.000Z', description }) as const;

/** A key, without the key. */
export class ApiKeyResponse {
  @ApiProperty({ format: 'uuid', example: '019a0e6a-7b1c-7c3e-9a55-2f6d1c0e4b7a' }) id!: string;
  @ApiProperty({ example: 'anthropic' }) provider!: string;
  @ApiProperty({ example: 'Team key' }) name!: string;
  @ApiProperty({ type: String, nullable: true, example: 'Paid by research' }) description!: string | null;
  @ApiProperty({ example: 'sk-ant-…abcd', description: 'How the provider\'s keys begin, and the last four characters of this one. Nothing more of it is ever shown.' }) keyPreview!: string;
  @ApiProperty({ type: String, nullable: true, example: null, description: 'The only address it is sent to; null: the provider itself.' }) baseUrl!: string | null;
  @ApiProperty({ example: true }) isActive!: boolean;
  @ApiProperty({ example: true, description: 'Stands in where a task names no key and the platform has none.' }) isDefault!: boolean;
  @ApiProperty({ enum: KEY_STATUSES, example: 'valid', description: 'What its provider said last; `invalid` ones are not used.' }) status!: ApiKeyRow['status'];
  @ApiProperty({ type: String, nullable: true, example: null, description: 'Why it could not be verified, or was refused, in words.' }) lastError!: string | null;
  @ApiProperty(time('Last call of a model with it.')) lastUsedAt!: string | null;
  @ApiProperty(time('Last answer of its provider about it.')) lastVerifiedAt!: string | null;
  @ApiProperty({ type: 'integer', minimum: 0, example: 42, description: 'Calls of models with it, tests included.' }) usageCount!: number;
  @ApiProperty(time('From then on it is not used; null: never.')) expiresAt!: string | null;
  @ApiProperty({ type: 'object', additionalProperties: { type: 'string' }, example: { team: 'research' } }) metadata!: Record<string, unknown>;
  @ApiProperty({ type: CreatorBrief }) createdBy!: CreatorBrief;
  @ApiProperty({ format: 'date-time', example: '2026-11-23T08:00:00.000Z' }) createdAt!: string;
  @ApiProperty({ format: 'date-time', example: '2026-11-23T08:00:00.000Z' }) updatedAt!: string;

  static from(row: ApiKeyRow): ApiKeyResponse {
    const { id, provider, name, description, baseUrl, isActive, isDefault, status, lastError, metadata } = row;
    return {
      id, provider, name, description, keyPreview: `${row.keyPrefix}…${row.keyLast4}`, baseUrl, isActive, isDefault, status, lastError,
      lastUsedAt: isoOrNull(row.lastUsedAt), lastVerifiedAt: isoOrNull(row.lastVerifiedAt), usageCount: Number(row.usageCount), expiresAt: isoOrNull(row.expiresAt), metadata,
      createdBy: { id: row.userId, username: row.createdByUsername }, createdAt: row.createdAt.toISOString(), updatedAt: row.updatedAt.toISOString(),
    };
  }
}
