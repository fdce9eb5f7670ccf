import { AppError, NOT_ACCEPTABLE } from '@app/common';
import { TaskEventStore, UnitOfWork } from '@app/domain';
import { Controller, Get, Post, Query, Req, Res } from '@nestjs/common';
import { ApiCreatedResponse, ApiHeader, ApiNoContentResponse, ApiOperation } from '@nestjs/swagger';
import type { Response } from 'express';
import { CurrentPrincipal, Policy, TicketAllowed } from '../../auth/auth.decorators';
import { Authentication } from '../../auth/credentials/authentication';
import type { Principal } from '../../auth/principal';
import { StreamTickets } from '../../auth/tickets/stream-tickets';
import type { HttpRequest } from '../../http/http-request';
import { ApiPage } from '../../http/openapi/answers';
import { Problems } from '../../http/openapi/problems.decorator';
import { LongLived } from '../../http/server/deadline';
import { IdParam } from '../../http/validation/id.param';
import { EventResponse } from '../dto/event.response';
import { StreamTicketResponse } from '../dto/stream-ticket.response';
import { afterSeq, seqPage, StreamedSeqQuery } from '../dto/seq.query';
import { TaskAccess } from '../task-access';
import { lastEventId } from './last-event-id';
import { EventStreams } from './event-streams';
import { TOO_MANY_STREAMS } from './events.errors';
import { ApiEventStream } from './event-stream.openapi';

@Controller('tasks/:id/events')
export class TaskEventsController {
  constructor(
    private readonly access: TaskAccess,
    private readonly events: TaskEventStore,
    private readonly streams: EventStreams,
    private readonly unitOfWork: UnitOfWork,
    private readonly authentication: Authentication,
    private readonly tickets: StreamTickets,
  ) {}

  @Policy({ scope: 'tasks:read' })
  @TicketAllowed()
  @LongLived()
  @Get()
  @ApiOperation({ summary: 'What happened, as a list or as a stream', description: 'With `Accept: text/event-stream` it replays everything after `Last-Event-ID` (or `after`) and then follows until the task ends.' })
  @ApiPage(EventResponse)
  @ApiEventStream()
  @ApiNoContentResponse({ description: 'A stream was asked for, the task has ended, and nothing is left.' })
  @ApiHeader({ name: 'Last-Event-ID', required: false, description: 'The last `id` that was received; of it and `after` the larger counts.', schema: { type: 'integer' } })
  @Problems(NOT_ACCEPTABLE, TOO_MANY_STREAMS)
  async read(@IdParam() id: string, @Query() query: StreamedSeqQuery, @CurrentPrincipal() principal: Principal, @Res() response: Response): Promise<void> {
    const request = response.req as HttpRequest;
    const task = await this.access.visible(principal, id);
    const after = Math.max(afterSeq(query), lastEventId(request));
    const wanted = request.accepts(['application/json', 'text/event-stream']);
    if (wanted === false) throw new AppError(NOT_ACCEPTABLE, 'There are application/json and text/event-stream.');
    if (wanted === 'text/event-stream') {
      const check = async (): Promise<void> => void (await this.access.visible(await this.authentication.principalOf(request, response), id));
      return this.streams.answer({ principal, task, afterSeq: after, check }, response);
    }
    const rows = await this.events.readAfter(this.unitOfWork.reader, { organizationId: task.organizationId, taskId: task.id }, after, query.limit + 1);
    response.json(seqPage(rows, (event) => EventResponse.from(event), { limit: query.limit, request, response }));
  }

  @Policy({ scope: 'tasks:read' })
  @Post('ticket')
  @ApiOperation({ summary: 'A ticket to open a stream with, for who cannot set a header', description: "For a browser's EventSource: `?ticket=` opens the event and the log stream of this task within a minute. It is good for no more than the credential that asked for it, and for no longer." })
  @ApiCreatedResponse({ type: StreamTicketResponse })
  async ticket(@IdParam() id: string, @CurrentPrincipal() principal: Principal, @Req() request: HttpRequest): Promise<StreamTicketResponse> {
    const task = await this.access.visible(principal, id);
    return StreamTicketResponse.from(this.tickets.issue(request, { taskId: task.id, organizationId: principal.organizationId }));
  }
}
