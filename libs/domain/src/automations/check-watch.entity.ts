import { Index, Unique } from 'typeorm';
import { Flag, Id, Int, SmallInt, Table, Text, Time, Uuid } from '../columns';

/** The checks of one commit of our agent's, from the first that failed on. */
@Table('check_watches', { indexes: ['check_watches_due_idx'] })
@Unique(['repositoryId', 'headSha'])
@Index('check_watches_task_idx', ['taskId', 'createdAt'])
export class CheckWatch {
  @Id() id!: string;
  @Uuid({ references: 'repositories', onDelete: 'CASCADE' }) repositoryId!: string;
  @Uuid({ references: 'tasks', onDelete: 'CASCADE' }) taskId!: string;
  @Int({ checked: true }) prNumber!: number;
  @Text({ checked: true }) headSha!: string;
  @Text({ default: 'watching', checked: true }) status!: 'watching' | 'idle' | 'stopped';
  @SmallInt({ default: 0, checked: true }) rounds!: number;
  @Flag({ default: false }) waitsTold!: boolean;
  @Time() dueAt!: Date;
  @Time({ default: 'now' }) createdAt!: Date;
}
