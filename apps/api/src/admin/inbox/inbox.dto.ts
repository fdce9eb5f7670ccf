import type { InboxRow } from '@app/domain';
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsOptional, Matches } from 'class-validator';
import { PageQuery } from '../../http/paging/page.query';

const SOURCES = ['github', 'stripe', 'clerk'] as const;
const STATUSES = ['received', 'processed', 'ignored', 'failed', 'dead'] as const;
const time = (description?: string) => ({ type: String, format: 'date-time', nullable: true, example: '2026-11-23T08:00:00.000Z', description });

export class InboxQuery extends PageQuery {
  @ApiPropertyOptional({ enum: SOURCES })
  @IsOptional() @IsIn(SOURCES)
  source?: InboxRow['source'];

  @ApiPropertyOptional({ enum: STATUSES })
  @IsOptional() @IsIn(STATUSES)
  status?: InboxRow['status'];

  @ApiPropertyOptional({ description: 'Name of the event, as the sender calls it.', example: 'pull_request' })
  @IsOptional() @Matches(/^[A-Za-z0-9_.]{1,100}$/)
  eventType?: string;
}

/** A webhook that came in. Its body is the sender's, and is not shown. */
export class InboxDeliveryResponse {
  @ApiProperty({ format: 'uuid' }) id!: string;
  @ApiProperty({ enum: SOURCES, example: 'github' }) source!: InboxRow['source'];
  @ApiProperty({ example: '72d3162e-cc78-11e3-81ab-4c9367dc0958', description: "The sender's id of it." }) deliveryId!: string;
  @ApiProperty({ example: 'pull_request' }) eventType!: string;
  @ApiProperty({ type: String, nullable: true, example: 'opened' }) action!: string | null;
  @ApiProperty({ type: String, nullable: true, example: '50000001', description: "GitHub's id." }) installationId!: string | null;
  @ApiProperty({ type: String, nullable: true, example: '186853002', description: 'What it is about, by the id that its sender has for it.' }) subjectId!: string | null;
  @ApiProperty({ enum: STATUSES, example: 'processed' }) status!: InboxRow['status'];
  @ApiProperty({ type: 'integer', example: 1 }) attempts!: number;
  @ApiProperty({ type: String, nullable: true, example: null, description: 'Why it failed, or was ignored.' }) lastError!: string | null;
  @ApiProperty(time('When it is tried next; null: not any more.')) nextAttemptAt!: string | null;
  @ApiProperty({ format: 'date-time', example: '2026-11-23T08:00:00.000Z' }) receivedAt!: string;
  @ApiProperty(time()) processedAt!: string | null;

  static from(row: InboxRow): InboxDeliveryResponse {
    const { id, source, deliveryId, eventType, action, installationId, subjectId, status, attempts, lastError } = row;
    const isOpen = status === 'received' || status === 'failed';
    return {
      id, source, deliveryId, eventType, action, installationId, subjectId, status, attempts, lastError, nextAttemptAt: isOpen ? row.nextAttemptAt.toISOString() : null,
      receivedAt: row.receivedAt.toISOString(), processedAt: row.processedAt?.toISOString() ?? null,
    };
  }
}
