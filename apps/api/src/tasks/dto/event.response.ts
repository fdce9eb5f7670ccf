import type { StoredTaskEvent } from '@app/domain';
import { ApiProperty } from '@nestjs/swagger';
import { projectEvent } from '../events/event-projection';

export const EVENT_TYPES = ['status', 'message', 'tool_result', 'plan', 'finding', 'result', 'pull_request', 'log'] as const;

/** One thing that happened. New types and fields may appear. */
export class EventResponse {
  @ApiProperty({ type: 'integer', minimum: 1, description: '1, 2, 3 … without a gap.' }) seq!: number;
  @ApiProperty({ type: String, enum: EVENT_TYPES }) type!: (typeof EVENT_TYPES)[number];
  @ApiProperty({ type: 'integer', nullable: true, description: 'Number of the attempt.' }) attempt!: number | null;
  @ApiProperty({ type: 'object', additionalProperties: true }) data!: object;
  @ApiProperty({ format: 'date-time' }) createdAt!: string;

  static from(event: StoredTaskEvent): EventResponse {
    const { name, data } = projectEvent(event);
    return { seq: event.seq, type: name, attempt: event.attempt, data, createdAt: event.createdAt.toISOString() };
  }
}
