import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsOptional } from 'class-validator';
import type { Response } from 'express';
import { MAX_TICKET_LENGTH } from '../../auth/tickets/stream-tickets';
import type { HttpRequest } from '../../http/http-request';
import type { PageResponse } from '../../http/paging/page.query';
import { QueryInt, TextLength } from '../../http/validation/rules';

/** What lists by sequence number accept: they only grow, so a number is all that is needed to go on. */
export class SeqQuery {
  @ApiPropertyOptional({ type: 'integer', minimum: 1, maximum: 100, default: 20, description: 'How many rows.' })
  @QueryInt(1, 100)
  limit: number = 20;

  @ApiPropertyOptional({ type: 'integer', minimum: 0, default: 0, description: 'Rows with a greater `seq`.' })
  @IsOptional() @QueryInt(0, 999_999_999_999_999)
  after?: number;

  @ApiPropertyOptional({ type: 'integer', description: '`nextCursor` of the page before; the same as `after`.' })
  @IsOptional() @QueryInt(0, 999_999_999_999_999)
  cursor?: number;
}

/** A list by sequence number that may also be followed as a stream. */
export class StreamedSeqQuery extends SeqQuery {
  @ApiPropertyOptional({ maxLength: MAX_TICKET_LENGTH, description: 'In place of a credential, for who cannot set a header: from `POST /tasks/{id}/events/ticket`.' })
  @IsOptional() @TextLength(1, MAX_TICKET_LENGTH)
  ticket?: string;
}

/** The seq to go on from: of `after` and `cursor` the larger. */
export function afterSeq(query: SeqQuery): number {
  return Math.max(query.after ?? 0, query.cursor ?? 0);
}

/** Cuts `limit + 1` rows into a page, and names the next one in `Link`. */
export function seqPage<Row extends { seq: number }, Shape>(rows: readonly Row[], shape: (row: Row) => Shape, { limit, request, response }: { limit: number; request: HttpRequest; response: Response }): PageResponse<Shape> {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  const nextCursor = rows.length > limit && last ? String(last.seq) : null;
  if (nextCursor !== null) {
    const url = new URL(request.originalUrl, 'http://host');
    url.searchParams.delete('cursor');
    url.searchParams.delete('ticket');
    url.searchParams.set('after', nextCursor);
    response.setHeader('Link', `<${url.pathname}${url.search}>; rel="next"`);
  }
  return { data: shown.map(shape), nextCursor };
}
