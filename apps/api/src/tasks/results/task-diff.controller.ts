import { notFound } from '@app/common';
import { TaskResultStore, UnitOfWork } from '@app/domain';
import { Controller, Get, Query, Res } from '@nestjs/common';
import { ApiExtraModels, ApiOkResponse, ApiOperation, getSchemaPath } from '@nestjs/swagger';
import type { Response } from 'express';
import { CurrentPrincipal, Policy } from '../../auth/auth.decorators';
import type { Principal } from '../../auth/principal';
import { IdParam } from '../../http/validation/id.param';
import { DiffFileResponse, DiffQuery } from '../dto/diff.dto';
import { TaskAccess } from '../task-access';
import { parsePatch } from './patch-parser';

@Controller('tasks/:id/diff')
export class TaskDiffController {
  constructor(
    private readonly access: TaskAccess,
    private readonly results: TaskResultStore,
    private readonly unitOfWork: UnitOfWork,
  ) {}

  @Policy({ scope: 'tasks:read' })
  @Get()
  @ApiOperation({ summary: 'What the task changed', description: 'The newest patch as text, or with `format=json` as a list of files. 404 until there is one.' })
  @ApiExtraModels(DiffFileResponse)
  @ApiOkResponse({
    content: {
      'text/x-patch': { schema: { type: 'string' } },
      'application/json': {
        schema: {
          type: 'object', required: ['data', 'nextCursor'], additionalProperties: false,
          properties: { data: { type: 'array', items: { $ref: getSchemaPath(DiffFileResponse) } }, nextCursor: { type: 'string', nullable: true } },
        },
      },
    },
  })
  async read(@IdParam() id: string, @Query() query: DiffQuery, @CurrentPrincipal() principal: Principal, @Res() response: Response): Promise<void> {
    const task = await this.access.visible(principal, id);
    const patch = await this.results.latest(this.unitOfWork.reader, principal.organizationId, task.id, 'patch');
    const bytes = patch && (await this.results.content(this.unitOfWork.reader, principal.organizationId, patch.id));
    if (!bytes) throw notFound();
    if (query.format === 'json') response.json({ data: parsePatch(bytes.toString('utf8')), nextCursor: null });
    else response.type('text/x-patch').send(bytes);
  }
}
