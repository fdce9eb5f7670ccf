import { notFound } from '@app/common';
import { TaskResultStore, UnitOfWork, type TaskResultRow } from '@app/domain';
import { Controller, Get, Query, Res } from '@nestjs/common';
import { ApiHeader, ApiOkResponse, ApiOperation, ApiProduces, ApiResponse } from '@nestjs/swagger';
import type { Response } from 'express';
import { CurrentPrincipal, Policy } from '../../auth/auth.decorators';
import type { Principal } from '../../auth/principal';
import { setEtag, versionTag } from '../../http/etag';
import { ApiPage } from '../../http/openapi/answers';
import { Problems } from '../../http/openapi/problems.decorator';
import type { PageResponse } from '../../http/paging/page.query';
import { IdParam } from '../../http/validation/id.param';
import { ResultQuery, ResultResponse } from '../dto/result.dto';
import { TaskAccess } from '../task-access';
import { ResultContent } from './result-content';
import { RANGE_NOT_SATISFIABLE } from './results.errors';

@Controller('tasks/:id/results')
@Policy({ scope: 'tasks:read' })
export class TaskResultsController {
  constructor(
    private readonly access: TaskAccess,
    private readonly results: TaskResultStore,
    private readonly content: ResultContent,
    private readonly unitOfWork: UnitOfWork,
  ) {}

  @Get()
  @ApiOperation({ summary: 'What the task delivered: diff, patch, answer, report …' })
  @ApiPage(ResultResponse)
  async list(@IdParam() id: string, @Query() query: ResultQuery, @CurrentPrincipal() principal: Principal): Promise<PageResponse<ResultResponse>> {
    const task = await this.access.visible(principal, id);
    const results = await this.results.listForTask(this.unitOfWork.reader, principal.organizationId, task.id, query.type);
    return { data: results.map((result) => ResultResponse.from(result)), nextCursor: null };
  }

  @Get(':resultId')
  @ApiOperation({ summary: 'Get one result, without its bytes' })
  @ApiOkResponse({ type: ResultResponse })
  async get(@IdParam() id: string, @IdParam('resultId') resultId: string, @CurrentPrincipal() principal: Principal, @Res({ passthrough: true }) response: Response): Promise<ResultResponse> {
    const result = await this.find(principal, id, resultId);
    // Results are never changed.
    setEtag(response, versionTag(result.id));
    return ResultResponse.from(result);
  }

  @Get(':resultId/content')
  @ApiOperation({ summary: 'Download a result' })
  @ApiProduces('*/*')
  @ApiHeader({ name: 'Range', required: false, description: 'One range of bytes.' })
  @ApiOkResponse({ description: 'The bytes.', schema: { type: 'string', format: 'binary' } })
  @ApiResponse({ status: 206, description: 'The bytes of the range.', schema: { type: 'string', format: 'binary' } })
  @Problems(RANGE_NOT_SATISFIABLE)
  async download(@IdParam() id: string, @IdParam('resultId') resultId: string, @CurrentPrincipal() principal: Principal, @Res() response: Response): Promise<void> {
    const result = await this.find(principal, id, resultId);
    await this.content.answer(principal.organizationId, result, response);
  }

  private async find({ organizationId }: Principal, taskId: string, resultId: string): Promise<TaskResultRow> {
    const result = await this.results.find(this.unitOfWork.reader, organizationId, taskId, resultId);
    if (!result) throw notFound();
    return result;
  }
}
