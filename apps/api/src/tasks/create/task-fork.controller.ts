import { INSUFFICIENT_CREDITS, PLAN_LIMIT_MODEL, PLAN_LIMIT_TASKS_PER_DAY } from '@app/billing';
import { UNSAFE_URL } from '@app/common';
import { INVALID_MODEL, INVALID_REF, MODEL_UNAVAILABLE } from '@app/domain';
import { forkOf } from '@app/submission';
import { Body, Controller, Post, Res } from '@nestjs/common';
import { ApiCreatedResponse, ApiOperation } from '@nestjs/swagger';
import type { Response } from 'express';
import { CurrentPrincipal, Policy } from '../../auth/auth.decorators';
import type { Principal } from '../../auth/principal';
import { REPOSITORY_PROBLEMS } from '../../git-repos/access/repository-problems';
import { setEtag } from '../../http/etag';
import type { HttpRequest } from '../../http/http-request';
import { Idempotent } from '../../http/idempotency/idempotent.decorators';
import { sendsJson } from '../../http/json-text';
import { Problems } from '../../http/openapi/problems.decorator';
import { RateLimit } from '../../http/rate-limit/rate-limit.decorator';
import { IdParam } from '../../http/validation/id.param';
import { ForkTaskDto } from '../dto/fork-task.dto';
import { TaskResponse } from '../dto/task.response';
import { TaskAccess } from '../task-access';
import { TaskCreation } from './task-creation';

/** New tasks that are like another one. */
@Controller('tasks/:id/fork')
export class TaskForkController {
  constructor(
    private readonly access: TaskAccess,
    private readonly creation: TaskCreation,
  ) {}

  @Policy({ role: 'member', scope: 'tasks:write' })
  @Idempotent()
  @RateLimit('tasks')
  @Post()
  @ApiOperation({ summary: 'Hand in a task like this one', description: 'A task of its own with a cap of its own; fields that are not given are copied. Its options are merged. It has no parent, and starts now unless you say otherwise.' })
  @ApiCreatedResponse({ type: TaskResponse, headers: { Location: { schema: { type: 'string' } }, ETag: { schema: { type: 'string' } } } })
  @Problems(INSUFFICIENT_CREDITS, INVALID_REF, INVALID_MODEL, MODEL_UNAVAILABLE, PLAN_LIMIT_MODEL, PLAN_LIMIT_TASKS_PER_DAY, UNSAFE_URL, ...REPOSITORY_PROBLEMS)
  async fork(@IdParam() id: string, @Body() dto: ForkTaskDto, @CurrentPrincipal() principal: Principal, @Res({ passthrough: true }) response: Response): Promise<string> {
    const call = (response.req as HttpRequest).idempotentCall ?? null;
    const task = await this.access.visible(principal, id);
    const { sourceIssueNumber, sourcePullRequestId } = task;
    const also = { source: 'fork' as const, forkedFromTaskId: task.id, ...(dto.repositoryId === undefined ? { sourceIssueNumber, sourcePullRequestId } : {}) };
    const { json, location, tag } = await this.creation.create(principal, forkOf(task, dto), call, also);
    response.location(location);
    setEtag(response, tag);
    sendsJson(response);
    return json;
  }
}
