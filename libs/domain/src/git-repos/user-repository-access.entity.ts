import { Index, Unique } from 'typeorm';
import { Flag, Id, Table, Text, Time, Uuid } from '../columns';

/** Cached right of a person at GitHub; asked again when older than ten minutes. */
@Table('user_repository_access')
@Unique(['userId', 'repositoryId'])
@Index('user_repository_access_repo_idx', ['repositoryId'])
export class UserRepositoryAccess {
  @Id() id!: string;
  @Uuid({ references: 'users', onDelete: 'CASCADE' }) userId!: string;
  @Uuid({ references: 'repositories', onDelete: 'CASCADE' }) repositoryId!: string;
  @Text({ checked: true }) accessLevel!: 'none' | 'read' | 'write' | 'admin';
  @Text({ nullable: true }) githubRole!: string | null;
  @Flag({ default: false }) isCollaborator!: boolean;
  @Text({ default: 'github', checked: true }) source!: 'github' | 'manual' | 'owner';
  @Time({ default: 'now' }) verifiedAt!: Date;
  @Time({ default: 'now' }) addedAt!: Date;
}
