import { Big, Int, Table, Uuid } from '../columns';

/** What moves while a task runs, kept off the wide task row. */
@Table('task_counters')
export class TaskCounters {
  @Uuid({ primary: true, references: 'tasks', onDelete: 'CASCADE' }) taskId!: string;
  @Big({ default: 0 }) lastEventSeq!: bigint;
  @Big({ default: 0 }) lastLogSeq!: bigint;
  @Big({ default: 0 }) lastMessageSeq!: bigint;
  @Big({ default: 0, checked: true }) creditsUsedMicro!: bigint;
  @Big({ default: 0, checked: true }) creditsHeldMicro!: bigint;
  /** Up to which amount of the task's cap was announced. */
  @Big({ default: 0 }) alertedMicro!: bigint;
  @Big({ default: 0, checked: true }) costNusd!: bigint;
  @Int({ default: 0 }) modelCalls!: number;
  @Big({ default: 0 }) inputTokens!: bigint;
  @Big({ default: 0 }) cacheReadTokens!: bigint;
  @Big({ default: 0 }) cacheWriteTokens!: bigint;
  @Big({ default: 0 }) outputTokens!: bigint;
  @Big({ default: 0 }) reasoningTokens!: bigint;
}
