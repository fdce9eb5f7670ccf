import { INSUFFICIENT_CREDITS, PLAN_LIMIT_MODEL, PLAN_LIMIT_TASKS_PER_DAY } from '@app/billing';
import { GITHUB_PERMISSION_MISSING, INTEGRATION_NOT_CONFIGURED, INTEGRATION_NOT_CONNECTED } from '@app/common';
import { INVALID_MODEL, INVALID_REF, MODEL_UNAVAILABLE, REPOSITORY_WRITE_DENIED } from '@app/domain';
import { GITHUB_ERROR, GITHUB_RATE_LIMITED, GITHUB_VALIDATION_FAILED } from '@app/github';
import { Body, Controller, HttpStatus, Post, Req } from '@nestjs/common';
import { ApiAcceptedResponse, ApiCreatedResponse, ApiOperation } from '@nestjs/swagger';
import type { Response } from 'express';
import { CurrentPrincipal, Policy } from '../auth/auth.decorators';
import type { Principal } from '../auth/principal';
import { setEtag } from '../http/etag';
import type { HttpRequest } from '../http/http-request';
import type { IdempotentCall } from '../http/idempotency/idempotent-call';
import { CurrentIdempotentCall, Idempotent } from '../http/idempotency/idempotent.decorators';
import { sendsJson } from '../http/json-text';
import { Problems } from '../http/openapi/problems.decorator';
import { RateLimit } from '../http/rate-limit/rate-limit.decorator';
import { IdParam } from '../http/validation/id.param';
import { TaskResponse } from '../tasks/dto/task.response';
import { CommentResponse, ReviewResponse } from './dto/pull-request.response';
import { CommentDto, ReviewDto } from './dto/pull-request-write.dto';
import { PullRequestAccess } from './pull-request-access';
import { PullRequestRemarks } from './pull-request-remarks';
import { checkComment, checkReview, ReviewRequest } from './review-request';

@Controller('pull-requests/:id')
@Policy({ role: 'member', scope: 'repos:write' })
export class PullRequestRemarksController {
  constructor(
    private readonly access: PullRequestAccess,
    private readonly remarks: PullRequestRemarks,
    private readonly requests: ReviewRequest,
  ) {}

  @Idempotent()
  @RateLimit('tasks')
  @Post('reviews')
  @ApiOperation({
    summary: 'Post a review, or have one written',
    description: 'With `event`: the review is posted as the App, whole or not at all. Without: a task in mode `pr_review` is started (a personal access token then needs the scope `tasks:write` too); it never approves.',
  })
  @ApiCreatedResponse({ type: ReviewResponse, description: 'The review was posted.' })
  @ApiAcceptedResponse({ type: TaskResponse, description: 'A task writes it.', headers: { Location: { schema: { type: 'string' } }, ETag: { schema: { type: 'string' } } } })
  @Problems(
    GITHUB_VALIDATION_FAILED, REPOSITORY_WRITE_DENIED, INTEGRATION_NOT_CONFIGURED, INTEGRATION_NOT_CONNECTED, GITHUB_PERMISSION_MISSING, GITHUB_ERROR, GITHUB_RATE_LIMITED, INSUFFICIENT_CREDITS, INVALID_REF,
    INVALID_MODEL, MODEL_UNAVAILABLE, PLAN_LIMIT_MODEL, PLAN_LIMIT_TASKS_PER_DAY,
  )
  async review(@IdParam() id: string, @Body() dto: ReviewDto, @CurrentPrincipal() principal: Principal, @Req() request: HttpRequest): Promise<ReviewResponse | string> {
    checkReview(dto);
    const call = request.idempotentCall ?? null;
    const response = request.res as Response;
    const { event } = dto;
    if (event !== undefined) return this.remarks.review(principal, await this.access.require(principal, id, 'write'), { ...dto, event }, call);
    const { json, location, tag } = await this.requests.start(principal, await this.access.require(principal, id, 'read'), dto, call);
    response.status(HttpStatus.ACCEPTED).location(location);
    setEtag(response, tag);
    sendsJson(response);
    return json;
  }

  @Idempotent()
  @Post('comments')
  @ApiOperation({ summary: 'Comment on it', description: 'Below it, on a line of its change, or in a thread; as the App.' })
  @ApiCreatedResponse({ type: CommentResponse })
  @Problems(GITHUB_VALIDATION_FAILED, REPOSITORY_WRITE_DENIED, INTEGRATION_NOT_CONFIGURED, INTEGRATION_NOT_CONNECTED, GITHUB_PERMISSION_MISSING, GITHUB_ERROR, GITHUB_RATE_LIMITED)
  async comment(@IdParam() id: string, @Body() dto: CommentDto, @CurrentPrincipal() principal: Principal, @CurrentIdempotentCall() call: IdempotentCall | null): Promise<CommentResponse> {
    checkComment(dto);
    return this.remarks.comment(await this.access.require(principal, id, 'write'), dto, call);
  }
}
