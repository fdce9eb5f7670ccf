import { creditsFromMicros, usdFromNano } from '@app/common';
import { TASK_ANALYTICS_GROUPS, type TaskAnalyticsGroup, type TaskFigures, type TaskGroupFigures } from '@app/domain';
import { ApiProperty } from '@nestjs/swagger';
import { perUnit, rounded, share } from '../figures';

export class TaskFiguresResponse {
  @ApiProperty({ type: 'integer', example: 120, description: 'Created in the period, candidates and child tasks too.' }) tasks!: number;
  @ApiProperty({ type: 'integer', example: 101 }) completed!: number;
  @ApiProperty({ type: 'integer', example: 9 }) failed!: number;
  @ApiProperty({ type: 'integer', example: 2 }) timedOut!: number;
  @ApiProperty({ type: 'integer', example: 5 }) cancelled!: number;
  @ApiProperty({ type: 'integer', example: 3, description: 'That have not ended.' }) open!: number;
  @ApiProperty({ type: Number, nullable: true, example: 0.9018, description: 'Completed among completed, failed and timed out, from 0 to 1; null: there is none of them.' }) successRate!: number | null;
  @ApiProperty({ type: 'integer', nullable: true, example: 184_000, description: 'Work of all attempts, of ended tasks.' }) medianExecutionMs!: number | null;
  @ApiProperty({ type: 'integer', nullable: true, example: 911_000 }) p95ExecutionMs!: number | null;
  @ApiProperty({ type: 'integer', nullable: true, example: 900, description: 'From creation to the first start, of tasks that started.' }) medianQueueMs!: number | null;
  @ApiProperty({ type: 'integer', nullable: true, example: 12_000 }) p95QueueMs!: number | null;
  @ApiProperty({ type: 'integer', example: 80, description: 'That the tasks opened.' }) pullRequests!: number;
  @ApiProperty({ type: 'integer', example: 62, description: 'Of these, merged by now.' }) mergedPullRequests!: number;
  @ApiProperty({ type: 'integer', example: 7, description: 'Of these, closed without a merge.' }) closedPullRequests!: number;
  @ApiProperty({ type: Number, nullable: true, example: 0.775, description: 'Merged among all that were opened, from 0 to 1; null: none was.' }) mergeRate!: number | null;
  @ApiProperty({ example: 1_490 }) credits!: number;
  @ApiProperty({ type: 'integer', example: 1_490_000_000 }) creditsMicros!: number;
  @ApiProperty({ example: '14.9', description: 'Decimal text.' }) costUsd!: string;
  @ApiProperty({ type: String, nullable: true, example: '0.240322580', description: 'What all of the tasks cost, those without a merged pull request too, by merged pull requests; null: none was merged. Decimal text.' })
  costPerMergedPullRequestUsd!: string | null;
  @ApiProperty({ type: Number, nullable: true, example: 24.032258 }) creditsPerMergedPullRequest!: number | null;

  static of(row: TaskFigures): TaskFiguresResponse {
    const { tasks, completed, failed, timedOut, cancelled, pullRequests, merged, closed, creditsMicro, costNusd } = row;
    const [cost, credits] = [perUnit(costNusd, merged), perUnit(creditsMicro, merged)];
    return {
      tasks, completed, failed, timedOut, cancelled, open: tasks - completed - failed - timedOut - cancelled, successRate: share(completed, completed + failed + timedOut),
      medianExecutionMs: rounded(row.medianExecutionMs), p95ExecutionMs: rounded(row.p95ExecutionMs), medianQueueMs: rounded(row.medianQueueMs), p95QueueMs: rounded(row.p95QueueMs),
      pullRequests, mergedPullRequests: merged, closedPullRequests: closed, mergeRate: share(merged, pullRequests),
      credits: creditsFromMicros(creditsMicro), creditsMicros: Number(creditsMicro), costUsd: usdFromNano(costNusd),
      costPerMergedPullRequestUsd: cost === null ? null : usdFromNano(cost), creditsPerMergedPullRequest: credits === null ? null : creditsFromMicros(credits),
    };
  }
}

export class TaskAnalyticsRowResponse extends TaskFiguresResponse {
  @ApiProperty({ type: String, nullable: true, example: 'completed', description: 'The status, mode or source; the id of the repository, model or person; or the first day of the time. null: tasks that have none yet.' }) key!: string | null;
  @ApiProperty({ type: String, nullable: true, example: null, description: 'The name of what the id is of.' }) name!: string | null;

  static from(row: TaskGroupFigures): TaskAnalyticsRowResponse {
    return { key: row.key, name: row.label, ...TaskFiguresResponse.of(row) };
  }
}

export class TaskAnalyticsResponse {
  @ApiProperty({ format: 'date', example: '2026-11-01' }) from!: string;
  @ApiProperty({ format: 'date', example: '2026-11-30' }) to!: string;
  @ApiProperty({ enum: TASK_ANALYTICS_GROUPS }) groupBy!: TaskAnalyticsGroup;
  @ApiProperty({ type: [TaskAnalyticsRowResponse] }) rows!: TaskAnalyticsRowResponse[];
  @ApiProperty({ example: false, description: 'Whether there are more rows than are shown.' }) truncated!: boolean;
  @ApiProperty({ type: TaskFiguresResponse, description: 'Of all rows, those that are not shown too.' }) totals!: TaskFiguresResponse;
}
