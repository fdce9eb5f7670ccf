import { creditsFromMicros } from '@app/common';
import type { UserStats } from '@app/domain';
import { ApiProperty } from '@nestjs/swagger';

export class TaskStats {
  @ApiProperty({ type: 'integer', example: 42 }) total!: number;
  @ApiProperty({ type: 'integer', example: 37 }) completed!: number;
  @ApiProperty({ type: 'integer', example: 3, description: 'Failed or timed out.' }) failed!: number;
  @ApiProperty({ type: 'integer', example: 1, description: 'A worker has them now.' }) running!: number;
}

export class PullRequestStats {
  @ApiProperty({ type: 'integer', example: 30, description: 'Ever opened.' }) opened!: number;
  @ApiProperty({ type: 'integer', example: 24 }) merged!: number;
}

/** Your own tasks in the organization that the request acts in. */
export class UserStatsResponse {
  @ApiProperty({ type: TaskStats }) tasks!: TaskStats;
  @ApiProperty({ example: 14.9, description: 'Used by your tasks in the last 30 days.' }) credits30d!: number;
  @ApiProperty({ type: 'integer', example: 14_900_000 }) credits30dMicros!: number;
  @ApiProperty({ type: PullRequestStats }) pullRequests!: PullRequestStats;

  static from({ total, completed, failed, running, credits30dMicro, opened, merged }: UserStats): UserStatsResponse {
    return { tasks: { total, completed, failed, running }, credits30d: creditsFromMicros(credits30dMicro), credits30dMicros: Number(credits30dMicro), pullRequests: { opened, merged } };
  }
}
