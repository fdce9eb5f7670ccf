import { pipeline } from 'node:stream/promises';
import { AppError, Clock, Logger, NOT_ACCEPTABLE } from '@app/common';
import { Controller, Get, Res } from '@nestjs/common';
import { ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import type { Response } from 'express';
import { CurrentPrincipal, Policy } from '../../auth/auth.decorators';
import type { Principal } from '../../auth/principal';
import type { HttpRequest } from '../../http/http-request';
import { Problems } from '../../http/openapi/problems.decorator';
import { LongLived } from '../../http/server/deadline';
import { IdParam } from '../../http/validation/id.param';
import { TaskAccess } from '../task-access';
import { jsonOf, zipOf } from './export-formats';
import { ExportParts } from './export-parts';

const FORMATS = { 'application/zip': { extension: 'zip', stream: zipOf }, 'application/json': { extension: 'json', stream: jsonOf } } as const;
type Format = keyof typeof FORMATS;

/** A task with everything that belongs to it, in one download. */
@Controller('tasks/:id/export')
export class TaskExportController {
  constructor(
    private readonly access: TaskAccess,
    private readonly parts: ExportParts,
    private readonly clock: Clock,
    private readonly logger: Logger,
  ) {}

  @Policy({ scope: 'tasks:read' })
  @LongLived()
  @Get()
  @ApiOperation({
    summary: 'Download everything there is of a task',
    description: 'Task, attempts, messages, events, log, results with their content, findings, usage, plan, candidates and pull request: a zip archive, or with `Accept: application/json` one JSON object. Of a task that runs, as far as it has come.',
  })
  @ApiOkResponse({ content: { 'application/zip': { schema: { type: 'string', format: 'binary' } }, 'application/json': { schema: { type: 'object', additionalProperties: true } } } })
  @Problems(NOT_ACCEPTABLE)
  async download(@IdParam() id: string, @CurrentPrincipal() principal: Principal, @Res() response: Response): Promise<void> {
    const task = await this.access.visible(principal, id);
    const format = (response.req as HttpRequest).accepts(Object.keys(FORMATS)) as Format | false;
    if (format === false) throw new AppError(NOT_ACCEPTABLE, `There are ${Object.keys(FORMATS).join(' and ')}.`);
    const results = await this.parts.results(task);
    response.type(format).setHeader('Content-Disposition', `attachment; filename="task-${task.id}.${FORMATS[format].extension}"`);
    response.setHeader('Content-Security-Policy', 'sandbox');
    if (response.req.method === 'HEAD') return void response.end();
    const stream = FORMATS[format].stream({ madeAt: this.clock.now(), parts: this.parts.of(task), results, content: (result) => this.parts.content(task, result) });
    // The status is sent: a reader that goes is none of ours, and one whose download breaks off sees that it has no end.
    await pipeline(stream, response).catch((error: unknown) => this.logger.warn('an export broke off', { taskId: task.id, err: error }));
  }
}
