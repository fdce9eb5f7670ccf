import { ForeignKey } from 'typeorm';
import { Bytes, Id, SmallInt, Table, Text, TextArray, Touched, Uuid } from '../columns';

/** How a plain git remote lets us in; sealed. */
@Table('repository_credentials', { checks: ['repository_credentials_kind_ck'] })
@ForeignKey('repositories', ['repositoryId', 'organizationId'], ['id', 'organizationId'], { name: 'repository_credentials_repository_fk', onDelete: 'CASCADE' })
export class RepositoryCredential extends Touched {
  @Id() id!: string;
  @Uuid() organizationId!: string;
  @Uuid({ unique: true }) repositoryId!: string;
  @Text({ checked: true }) kind!: 'basic' | 'ssh';
  @Text({ nullable: true }) username!: string | null;
  @Bytes() secretEnc!: Buffer;
  @SmallInt({ default: 1 }) keyVersion!: number;
  @Text({ nullable: true }) publicKey!: string | null;
  @TextArray({ default: [] }) hostKeys!: string[];
  @Uuid({ nullable: true, references: 'users', onDelete: 'SET NULL' }) updatedByUserId!: string | null;
}
