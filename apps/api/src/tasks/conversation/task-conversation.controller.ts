import { BUDGET_EXHAUSTED, INSUFFICIENT_CREDITS } from '@app/billing';
import { TASK_NOT_PAUSABLE, TASK_NOT_RESUMABLE } from '@app/domain';
import { Body, Controller, HttpCode, HttpStatus, Post, Res } from '@nestjs/common';
import { ApiAcceptedResponse, ApiOperation } from '@nestjs/swagger';
import type { Response } from 'express';
import { CurrentPrincipal, Policy } from '../../auth/auth.decorators';
import type { Principal } from '../../auth/principal';
import { REPOSITORY_PROBLEMS } from '../../git-repos/access/repository-problems';
import { setEtag } from '../../http/etag';
import type { IdempotentCall } from '../../http/idempotency/idempotent-call';
import { CurrentIdempotentCall, Idempotent } from '../../http/idempotency/idempotent.decorators';
import { IdParam } from '../../http/validation/id.param';
import { Problems } from '../../http/openapi/problems.decorator';
import { PauseTaskDto, ResumeTaskDto, SendMessageDto } from '../dto/conversation.dto';
import { MessageResponse } from '../dto/message.dto';
import { TaskResponse } from '../dto/task.response';
import { TaskAccess } from '../task-access';
import { taskTag } from '../task-tag';
import { TaskConversation } from './task-conversation.service';
import { TaskPause } from './task-pause.service';

/** Talking with a task, and holding it up. */
@Controller('tasks/:id')
@Policy({ role: 'member', scope: 'tasks:write' })
export class TaskConversationController {
  constructor(
    private readonly access: TaskAccess,
    private readonly conversation: TaskConversation,
    private readonly pauses: TaskPause,
  ) {}

  @Post('messages')
  @Idempotent()
  @HttpCode(HttpStatus.ACCEPTED)
  @ApiOperation({
    summary: 'Say something to the agent',
    description: 'A running task hears it with its next model call. It answers a question and lets a paused task go on; a task that has ended goes on with its branch and pull request.',
  })
  @ApiAcceptedResponse({ type: MessageResponse })
  @Problems(TASK_NOT_RESUMABLE, INSUFFICIENT_CREDITS, ...REPOSITORY_PROBLEMS)
  async send(@IdParam() id: string, @Body() dto: SendMessageDto, @CurrentPrincipal() principal: Principal, @CurrentIdempotentCall() call: IdempotentCall | null): Promise<MessageResponse> {
    return MessageResponse.from(await this.conversation.say(principal, await this.access.toWorkOn(principal, await this.access.visible(principal, id)), { content: dto.content, call }));
  }

  @Post('pause')
  @Idempotent()
  @HttpCode(HttpStatus.ACCEPTED)
  @ApiOperation({ summary: 'Pause a queued or running task', description: 'A running one is paused by its worker, with its work kept.' })
  @ApiAcceptedResponse({ type: TaskResponse })
  @Problems(TASK_NOT_PAUSABLE)
  async pause(@IdParam() id: string, @Body() _dto: PauseTaskDto, @CurrentPrincipal() principal: Principal, @Res({ passthrough: true }) response: Response): Promise<TaskResponse> {
    return tagged(response, await this.pauses.pause(principal, await this.access.own(principal, id)));
  }

  @Post('resume')
  @Idempotent()
  @HttpCode(HttpStatus.ACCEPTED)
  @ApiOperation({ summary: 'Let a paused task go on', description: '402 while what paused it still stands: no credits, or a cap that was not raised.' })
  @ApiAcceptedResponse({ type: TaskResponse })
  @Problems(TASK_NOT_RESUMABLE, INSUFFICIENT_CREDITS, BUDGET_EXHAUSTED, ...REPOSITORY_PROBLEMS)
  async resume(@IdParam() id: string, @Body() dto: ResumeTaskDto, @CurrentPrincipal() principal: Principal, @Res({ passthrough: true }) response: Response): Promise<TaskResponse> {
    return tagged(response, await this.pauses.resume(await this.access.toWorkOn(principal, await this.access.own(principal, id)), dto.maxCredits));
  }
}

function tagged(response: Response, task: Parameters<typeof TaskResponse.from>[0]): TaskResponse {
  setEtag(response, taskTag(task));
  return TaskResponse.from(task);
}
