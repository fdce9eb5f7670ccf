import { UsageStore } from '@app/billing';
import { invalidParameter, notFound } from '@app/common';
import { AttemptStore, TaskMessageStore, UnitOfWork } from '@app/domain';
import { Controller, Get, Param, Query, Res } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiParam } from '@nestjs/swagger';
import type { Response } from 'express';
import { CurrentPrincipal, Policy } from '../../auth/auth.decorators';
import type { Principal } from '../../auth/principal';
import type { HttpRequest } from '../../http/http-request';
import { ApiPage } from '../../http/openapi/answers';
import type { PageResponse } from '../../http/paging/page.query';
import { IdParam } from '../../http/validation/id.param';
import { AttemptResponse } from '../dto/attempt.response';
import { MessageResponse } from '../dto/message.dto';
import { afterSeq, SeqQuery, seqPage } from '../dto/seq.query';
import { TaskUsageResponse } from '../dto/usage.response';
import { TaskAccess } from '../task-access';

/** What a task went through: attempts, conversation, model calls. */
@Controller('tasks/:id')
@Policy({ scope: 'tasks:read' })
export class TaskHistoryController {
  constructor(
    private readonly access: TaskAccess,
    private readonly attempts: AttemptStore,
    private readonly messages: TaskMessageStore,
    private readonly usage: UsageStore,
    private readonly unitOfWork: UnitOfWork,
  ) {}

  @Get('attempts')
  @ApiOperation({ summary: 'List the attempts, newest first' })
  @ApiPage(AttemptResponse)
  async listAttempts(@IdParam() id: string, @CurrentPrincipal() principal: Principal): Promise<PageResponse<AttemptResponse>> {
    const task = await this.access.visible(principal, id);
    const attempts = await this.attempts.listForTask(this.unitOfWork.reader, principal.organizationId, task.id);
    return { data: attempts.map((attempt) => AttemptResponse.from(attempt)), nextCursor: null };
  }

  @Get('attempts/:number')
  @ApiOperation({ summary: 'Get one attempt by its number' })
  @ApiParam({ name: 'number', schema: { type: 'integer', minimum: 1 } })
  @ApiOkResponse({ type: AttemptResponse })
  async getAttempt(@IdParam() id: string, @Param('number') number: string, @CurrentPrincipal() principal: Principal): Promise<AttemptResponse> {
    if (!/^[1-9]\d{0,3}$/.test(number)) throw invalidParameter('number', 'invalid_format', 'must be the number of an attempt');
    const attempt = await this.attempts.findByNumber(this.unitOfWork.reader, { organizationId: principal.organizationId, taskId: id }, Number(number));
    if (!attempt) throw notFound();
    return AttemptResponse.from(attempt);
  }

  @Get('messages')
  @ApiOperation({ summary: 'The conversation, oldest first' })
  @ApiPage(MessageResponse)
  async listMessages(@IdParam() id: string, @Query() query: SeqQuery, @CurrentPrincipal() principal: Principal, @Res({ passthrough: true }) response: Response): Promise<PageResponse<MessageResponse>> {
    const task = await this.access.visible(principal, id);
    const page = { after: afterSeq(query), limit: query.limit + 1 };
    const messages = await this.messages.listForTask(this.unitOfWork.reader, { organizationId: principal.organizationId, taskId: task.id }, page);
    return seqPage(messages, (message) => MessageResponse.from(message), { limit: query.limit, request: response.req as HttpRequest, response });
  }

  @Get('usage')
  @ApiOperation({ summary: 'Every model call with its tokens and cost' })
  @ApiOkResponse({ type: TaskUsageResponse })
  async getUsage(@IdParam() id: string, @CurrentPrincipal() principal: Principal): Promise<TaskUsageResponse> {
    const task = await this.access.visible(principal, id);
    return TaskUsageResponse.from(await this.usage.listForTask(this.unitOfWork.reader, principal.organizationId, task.id));
  }
}
