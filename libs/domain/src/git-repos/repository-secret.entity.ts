import { ForeignKey, Unique } from 'typeorm';
import { Bytes, Id, SmallInt, Table, Text, Touched, Uuid } from '../columns';

/** Encrypted value for the set-up command only. */
@Table('repository_secrets')
@ForeignKey('repositories', ['repositoryId', 'organizationId'], ['id', 'organizationId'], { name: 'repository_secrets_repository_fk', onDelete: 'CASCADE' })
@Unique(['repositoryId', 'name'])
export class RepositorySecret extends Touched {
  @Id() id!: string;
  @Uuid() organizationId!: string;
  @Uuid() repositoryId!: string;
  @Text({ checked: true }) name!: string;
  @Bytes() valueEnc!: Buffer;
  @SmallInt({ default: 1 }) keyVersion!: number;
  @Uuid({ nullable: true, references: 'users', onDelete: 'SET NULL' }) updatedByUserId!: string | null;
}
