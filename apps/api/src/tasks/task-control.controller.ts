import { INSUFFICIENT_CREDITS, PLAN_LIMIT_MODEL } from '@app/billing';
import { INVALID_MODEL, MODEL_UNAVAILABLE, TASK_NOT_CANCELLABLE, TASK_NOT_PUBLISHABLE, TASK_NOT_RETRYABLE } from '@app/domain';
import { Body, Controller, HttpCode, HttpStatus, Post, Res } from '@nestjs/common';
import { ApiAcceptedResponse, ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import type { Response } from 'express';
import { CurrentPrincipal, Policy } from '../auth/auth.decorators';
import type { Principal } from '../auth/principal';
import { REPOSITORY_PROBLEMS } from '../git-repos/access/repository-problems';
import { setEtag } from '../http/etag';
import { Idempotent } from '../http/idempotency/idempotent.decorators';
import { IdParam } from '../http/validation/id.param';
import { Problems } from '../http/openapi/problems.decorator';
import { RateLimit } from '../http/rate-limit/rate-limit.decorator';
import { AttemptResponse } from './dto/attempt.response';
import { CancelTaskDto, PublishTaskDto, RetryTaskDto } from './dto/task-control.dto';
import { TaskResponse } from './dto/task.response';
import { TaskAccess } from './task-access';
import { TaskControl } from './task-control.service';
import { taskTag } from './task-tag';

@Controller('tasks/:id')
@Policy({ role: 'member', scope: 'tasks:write' })
export class TaskControlController {
  constructor(
    private readonly access: TaskAccess,
    private readonly control: TaskControl,
  ) {}

  @Post('cancel')
  @Idempotent()
  @ApiOperation({ summary: 'Cancel a task that has not ended', description: '202: its worker was told. 200: nobody ran it, it is cancelled.' })
  @ApiOkResponse({ type: TaskResponse })
  @ApiAcceptedResponse({ type: TaskResponse })
  @Problems(TASK_NOT_CANCELLABLE)
  async cancel(@IdParam() id: string, @Body() dto: CancelTaskDto, @CurrentPrincipal() principal: Principal, @Res({ passthrough: true }) response: Response): Promise<TaskResponse> {
    const { view, result } = await this.control.cancelLive(principal, await this.access.own(principal, id), dto.reason);
    response.status(result === 'requested' ? HttpStatus.ACCEPTED : HttpStatus.OK);
    setEtag(response, taskTag(view));
    return TaskResponse.from(view);
  }

  @RateLimit('tasks')
  @Post('retry')
  @Idempotent()
  @HttpCode(HttpStatus.ACCEPTED)
  @ApiOperation({ summary: 'Try a failed, timed out or cancelled task again' })
  @ApiAcceptedResponse({ type: AttemptResponse })
  @Problems(TASK_NOT_RETRYABLE, INSUFFICIENT_CREDITS, INVALID_MODEL, MODEL_UNAVAILABLE, PLAN_LIMIT_MODEL, ...REPOSITORY_PROBLEMS)
  async retry(@IdParam() id: string, @Body() dto: RetryTaskDto, @CurrentPrincipal() principal: Principal): Promise<AttemptResponse> {
    return AttemptResponse.from(await this.control.retry(principal, await this.access.toWorkOn(principal, await this.access.own(principal, id)), dto));
  }

  @Post('publish')
  @Idempotent()
  @HttpCode(HttpStatus.ACCEPTED)
  @ApiOperation({ summary: 'Push the stored patch and open the pull request', description: 'For a task that has ended: again after a failed push, or when it was kept back. For one that waits for approval because it changed protected files (`protected_paths`): approves exactly the change that its diff shows, and goes on.' })
  @ApiAcceptedResponse({ type: AttemptResponse })
  @Problems(TASK_NOT_PUBLISHABLE, ...REPOSITORY_PROBLEMS)
  async publish(@IdParam() id: string, @Body() dto: PublishTaskDto, @CurrentPrincipal() principal: Principal): Promise<AttemptResponse> {
    return AttemptResponse.from(await this.control.publish(await this.access.toWorkOn(principal, await this.access.own(principal, id)), dto));
  }
}
