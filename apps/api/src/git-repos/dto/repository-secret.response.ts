import type { RepositorySecretRow } from '@app/domain';
import { ApiProperty } from '@nestjs/swagger';

/** A secret of a repository; its value is never shown. */
export class RepositorySecretResponse {
  @ApiProperty({ example: 'NPM_TOKEN' }) name!: string;
  @ApiProperty({ format: 'date-time' }) updatedAt!: string;
  @ApiProperty({ type: String, format: 'uuid', nullable: true, description: 'Who set it last.' }) updatedBy!: string | null;

  static from({ name, updatedAt, updatedByUserId }: RepositorySecretRow): RepositorySecretResponse {
    return { name, updatedAt: updatedAt.toISOString(), updatedBy: updatedByUserId };
  }
}
