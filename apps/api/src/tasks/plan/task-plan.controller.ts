import { INSUFFICIENT_CREDITS, PLAN_LIMIT_MODEL, PLAN_LIMIT_TASKS_PER_DAY } from '@app/billing';
import { INVALID_MODEL, INVALID_REF, MODEL_UNAVAILABLE, PLAN_NOT_WAITING } from '@app/domain';
import { Body, Controller, Get, HttpCode, HttpStatus, Post, Res } from '@nestjs/common';
import { ApiAcceptedResponse, ApiCreatedResponse, ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import type { Response } from 'express';
import { CurrentPrincipal, Policy } from '../../auth/auth.decorators';
import type { Principal } from '../../auth/principal';
import { REPOSITORY_PROBLEMS } from '../../git-repos/access/repository-problems';
import { setEtag } from '../../http/etag';
import type { HttpRequest } from '../../http/http-request';
import type { IdempotentCall } from '../../http/idempotency/idempotent-call';
import { CurrentIdempotentCall, Idempotent } from '../../http/idempotency/idempotent.decorators';
import { sendsJson } from '../../http/json-text';
import { Problems } from '../../http/openapi/problems.decorator';
import { RateLimit } from '../../http/rate-limit/rate-limit.decorator';
import { IdParam } from '../../http/validation/id.param';
import { AttemptResponse } from '../dto/attempt.response';
import { ApprovePlanDto, TaskPlanResponse, RejectPlanDto } from '../dto/plan.dto';
import { TaskResponse } from '../dto/task.response';
import { TaskAccess } from '../task-access';
import { TaskPlans } from './task-plan.service';

/** The plan that a task proposes before it changes anything. */
@Controller('tasks/:id/plan')
export class TaskPlanController {
  constructor(
    private readonly access: TaskAccess,
    private readonly plans: TaskPlans,
  ) {}

  @Policy({ scope: 'tasks:read' })
  @Get()
  @ApiOperation({ summary: 'Get the newest plan of a task', description: 'With the steps as they were approved, if they were edited.' })
  @ApiOkResponse({ type: TaskPlanResponse })
  async get(@IdParam() id: string, @CurrentPrincipal() principal: Principal): Promise<TaskPlanResponse> {
    return TaskPlanResponse.from(await this.plans.newest(await this.access.visible(principal, id)));
  }

  @Policy({ role: 'member', scope: 'tasks:write' })
  @RateLimit('tasks')
  @Post('approve')
  @Idempotent()
  @HttpCode(HttpStatus.ACCEPTED)
  @ApiOperation({
    summary: 'Approve the plan that waits, with your edits',
    description: '202: the task goes on with the plan, in the attempt that is answered. 201: a new task in mode `code` carries out the plan of an `architect` task; approved again, it is answered with 200.',
  })
  @ApiAcceptedResponse({ type: AttemptResponse })
  @ApiCreatedResponse({ type: TaskResponse, headers: { Location: { schema: { type: 'string' } }, ETag: { schema: { type: 'string' } } } })
  @ApiOkResponse({ type: TaskResponse })
  @Problems(PLAN_NOT_WAITING, INSUFFICIENT_CREDITS, INVALID_REF, INVALID_MODEL, MODEL_UNAVAILABLE, PLAN_LIMIT_MODEL, PLAN_LIMIT_TASKS_PER_DAY, ...REPOSITORY_PROBLEMS)
  async approve(@IdParam() id: string, @Body() dto: ApprovePlanDto, @CurrentPrincipal() principal: Principal, @Res({ passthrough: true }) response: Response): Promise<AttemptResponse | string> {
    const call = (response.req as HttpRequest).idempotentCall ?? null;
    const task = await this.access.visible(principal, id);
    // A plan of an architect is carried out by a task that changes files.
    await this.access.toWorkOn(principal, task, { mode: task.mode === 'architect' ? 'code' : task.mode });
    const approved = await this.plans.approve(principal, task, { dto, call });
    if (approved.kind === 'attempt') return AttemptResponse.from(approved.attempt);
    response.status(approved.isNew ? HttpStatus.CREATED : HttpStatus.OK);
    response.location(approved.answer.location);
    setEtag(response, approved.answer.tag);
    sendsJson(response);
    return approved.answer.json;
  }

  @Policy({ role: 'member', scope: 'tasks:write' })
  @RateLimit('tasks')
  @Post('reject')
  @Idempotent()
  @HttpCode(HttpStatus.ACCEPTED)
  @ApiOperation({ summary: 'Reject the plan that waits', description: 'The next attempt proposes another one and is told your comment.' })
  @ApiAcceptedResponse({ type: AttemptResponse })
  @Problems(PLAN_NOT_WAITING, INSUFFICIENT_CREDITS)
  async reject(@IdParam() id: string, @Body() dto: RejectPlanDto, @CurrentPrincipal() principal: Principal, @CurrentIdempotentCall() call: IdempotentCall | null): Promise<AttemptResponse> {
    return AttemptResponse.from(await this.plans.reject(principal, await this.access.visible(principal, id), { dto, call }));
  }
}
