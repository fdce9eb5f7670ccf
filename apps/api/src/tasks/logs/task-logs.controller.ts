import { AppError, NOT_ACCEPTABLE } from '@app/common';
import { TaskLogStore, UnitOfWork } from '@app/domain';
import { Controller, Get, Query, Res } from '@nestjs/common';
import { ApiHeader, ApiNoContentResponse, ApiOperation, ApiProduces } from '@nestjs/swagger';
import type { Response } from 'express';
import { CurrentPrincipal, Policy, TicketAllowed } from '../../auth/auth.decorators';
import { Authentication } from '../../auth/credentials/authentication';
import type { Principal } from '../../auth/principal';
import type { HttpRequest } from '../../http/http-request';
import { ApiPage } from '../../http/openapi/answers';
import { Problems } from '../../http/openapi/problems.decorator';
import { LongLived } from '../../http/server/deadline';
import { IdParam } from '../../http/validation/id.param';
import { LogLineResponse, LogQueryDto } from '../dto/log.dto';
import { afterSeq, seqPage } from '../dto/seq.query';
import { TaskAccess } from '../task-access';
import { TOO_MANY_STREAMS } from '../events/events.errors';
import { lastEventId } from '../events/last-event-id';
import { LOG_FORMATS, LogDownload } from './log-download';
import { LogStreams } from './log-streams';

const STREAM = 'text/event-stream';

@Controller('tasks/:id/logs')
export class TaskLogsController {
  constructor(
    private readonly access: TaskAccess,
    private readonly logs: TaskLogStore,
    private readonly download: LogDownload,
    private readonly unitOfWork: UnitOfWork,
    private readonly streams: LogStreams,
    private readonly authentication: Authentication,
  ) {}

  @Policy({ scope: 'tasks:read' })
  @TicketAllowed()
  @LongLived()
  @Get()
  @ApiOperation({ summary: 'The log: what tools printed and what the platform did', description: 'A page as JSON; all of it as `application/x-ndjson` or `text/plain`; with `Accept: text/event-stream` it replays the lines after `Last-Event-ID` (or `after`) and then follows until the task ends.' })
  @ApiPage(LogLineResponse)
  @ApiProduces('application/json', ...LOG_FORMATS, STREAM)
  @ApiNoContentResponse({ description: 'A stream was asked for, the task has ended, and nothing is left.' })
  @ApiHeader({ name: 'Last-Event-ID', required: false, description: 'Number of the last line that was received; of it and `after` the larger counts.', schema: { type: 'integer' } })
  @Problems(NOT_ACCEPTABLE, TOO_MANY_STREAMS)
  async read(@IdParam() id: string, @Query() query: LogQueryDto, @CurrentPrincipal() principal: Principal, @Res() response: Response): Promise<void> {
    const request = response.req as HttpRequest;
    const task = await this.access.visible(principal, id);
    const { level, source, attempt, q, limit } = query;
    const wanted = { organizationId: principal.organizationId, taskId: task.id, after: afterSeq(query), level, source, attempt, q };
    const format = request.accepts(['application/json', ...LOG_FORMATS, STREAM]);
    if (format === false) throw new AppError(NOT_ACCEPTABLE, `There are application/json, ${LOG_FORMATS.join(', ')} and ${STREAM}.`);
    if (format === STREAM) {
      const check = async (): Promise<void> => void (await this.access.visible(await this.authentication.principalOf(request, response), id));
      return this.streams.answer({ principal, task, afterSeq: Math.max(wanted.after, lastEventId(request)), check }, { level, source, attempt, q }, response);
    }
    if (format !== 'application/json') return this.download.answer(wanted, format as (typeof LOG_FORMATS)[number], response);
    const rows = await this.logs.read(this.unitOfWork.reader, { ...wanted, limit: limit + 1 });
    response.json(seqPage(rows, (row) => LogLineResponse.from(row), { limit, request, response }));
  }
}
