import { Big, Flag, Id, Int, SmallInt, Table, Touched, Uuid } from '../columns';

/** Figures of an ended task. */
@Table('task_analytics')
export class TaskAnalytics extends Touched {
  @Id() id!: string;
  @Uuid({ unique: true, references: 'tasks', onDelete: 'CASCADE' }) taskId!: string;
  @Flag() succeeded!: boolean;
  @Big({ default: 0, checked: true }) executionTimeMs!: bigint;
  @Big({ default: 0 }) queueTimeMs!: bigint;
  @Big({ default: 0 }) provisionTimeMs!: bigint;
  @Big({ default: 0 }) modelTimeMs!: bigint;
  @Big({ default: 0 }) toolTimeMs!: bigint;
  @Big({ default: 0 }) inputTokens!: bigint;
  @Big({ default: 0 }) cacheReadTokens!: bigint;
  @Big({ default: 0 }) cacheWriteTokens!: bigint;
  @Big({ default: 0 }) outputTokens!: bigint;
  @Big({ default: 0 }) reasoningTokens!: bigint;
  @Int({ default: 0 }) modelCalls!: number;
  @Int({ default: 0 }) toolCalls!: number;
  @Int({ default: 0 }) linesAdded!: number;
  @Int({ default: 0 }) linesDeleted!: number;
  @Int({ default: 0 }) filesModified!: number;
  @Int({ nullable: true }) testsPassed!: number | null;
  @Int({ nullable: true }) testsFailed!: number | null;
  @Int({ default: 0 }) errorCount!: number;
  @SmallInt({ default: 1 }) attemptCount!: number;
  @SmallInt({ nullable: true, checked: true }) performanceScore!: number | null;
  @Flag({ nullable: true }) pullRequestMerged!: boolean | null;
}
