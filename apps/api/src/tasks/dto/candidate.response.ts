import { creditsFromMicros, usdFromNano } from '@app/common';
import { TASK_STATUSES, type Candidate } from '@app/domain';
import { ApiProperty } from '@nestjs/swagger';

const VERIFICATIONS = ['passed', 'failed', 'skipped', null];

/** One of several tries at a task; a task of its own. */
export class CandidateResponse {
  @ApiProperty({ format: 'uuid' }) taskId!: string;
  @ApiProperty({ type: 'integer', minimum: 1, maximum: 5 }) number!: number;
  @ApiProperty({ enum: TASK_STATUSES }) status!: Candidate['status'];
  @ApiProperty({ type: String, nullable: true }) statusReason!: string | null;
  @ApiProperty({ type: String, enum: VERIFICATIONS, nullable: true }) verification!: Candidate['verification'];
  @ApiProperty({ type: 'integer', nullable: true, description: 'Size of its change.' }) patchBytes!: number | null;
  @ApiProperty() credits!: number;
  @ApiProperty({ type: 'integer' }) creditsMicros!: number;
  @ApiProperty({ description: 'Decimal text.' }) costUsd!: string;
  @ApiProperty({ description: 'Its work is what the task publishes.' }) chosen!: boolean;
  @ApiProperty({ type: String, nullable: true, description: 'Why it was chosen, or why not; null before the choice.' }) reason!: string | null;

  static from(row: Candidate & { chosen: boolean; reason: string | null }): CandidateResponse {
    const { taskId, number, status, statusReason, verification, patchBytes, creditsMicro, costNusd, chosen, reason } = row;
    return {
      taskId, number, status, statusReason, verification, patchBytes, credits: creditsFromMicros(creditsMicro), creditsMicros: Number(creditsMicro), costUsd: usdFromNano(costNusd), chosen, reason,
    };
  }
}
