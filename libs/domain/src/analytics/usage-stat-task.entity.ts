import { Table, Uuid } from '../columns';

/** Which tasks had calls of a kind on a day: tasks cannot be summed, for one may have calls of several kinds and days. */
@Table('usage_stat_tasks')
export class UsageStatTask {
  @Uuid({ primary: true, references: 'usage_stats', onDelete: 'CASCADE' }) statId!: string;
  @Uuid({ primary: true }) taskId!: string;
}
