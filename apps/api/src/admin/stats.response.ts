import type { PlatformStats } from '@app/domain';
import { ApiProperty } from '@nestjs/swagger';

const count = (description: string) => ({ type: 'integer' as const, example: 0, description });

export class UserCounts {
  @ApiProperty(count('Accounts that may sign in.')) active!: number;
  @ApiProperty(count('Accounts that may not.')) suspended!: number;
  @ApiProperty(count('Registered in the last 7 days.')) createdLast7d!: number;
}

export class OrganizationCounts {
  @ApiProperty(count('One per person.')) personal!: number;
  @ApiProperty(count('Made by people.')) team!: number;
}

export class TaskCounts {
  @ApiProperty(count('Wait for a worker.')) queued!: number;
  @ApiProperty(count('A worker has them.')) running!: number;
  @ApiProperty(count('Wait for somebody, or are paused.')) waiting!: number;
  @ApiProperty(count('Begin later.')) scheduled!: number;
  @ApiProperty(count('Ended in the last 24 hours.')) ended24h!: number;
  @ApiProperty(count('Of those, failed or timed out.')) failed24h!: number;
}

/** Rows that are jobs. What is overdue, stuck, lost or dead should be 0; overdue is what a sweep should have taken up a minute ago. */
export class RowCounts {
  @ApiProperty(count('Attempts that wait for a worker.')) queuedAttempts!: number;
  @ApiProperty(count('Received webhooks that are not worked off.')) incomingWebhooks!: number;
  @ApiProperty(count('Events that are not delivered yet.')) outgoingWebhooks!: number;
  @ApiProperty(count('Attempts that could have begun a minute ago.')) stuckAttempts!: number;
  @ApiProperty(count('Running attempts whose worker is silent.')) lostAttempts!: number;
  @ApiProperty(count('Tasks past their deadline.')) overdueTasks!: number;
  @ApiProperty(count('Scheduled tasks that should have begun.')) overdueScheduledTasks!: number;
  @ApiProperty(count('Received webhooks whose turn has come.')) overdueIncomingWebhooks!: number;
  @ApiProperty(count('Events whose next try has come.')) overdueOutgoingWebhooks!: number;
  @ApiProperty(count('Received webhooks that were given up.')) deadIncomingWebhooks!: number;
  @ApiProperty(count('Events that were given up.')) deadOutgoingWebhooks!: number;
  @ApiProperty(count('Reserved credits past their time.')) overdueHolds!: number;
}

export class PlatformStatsResponse implements PlatformStats {
  @ApiProperty({ type: UserCounts }) users!: UserCounts;
  @ApiProperty({ type: OrganizationCounts }) organizations!: OrganizationCounts;
  @ApiProperty({ type: TaskCounts }) tasks!: TaskCounts;
  @ApiProperty({ type: RowCounts }) rows!: RowCounts;
}
