import { GITHUB_PERMISSION_MISSING, INTEGRATION_NOT_CONFIGURED, INTEGRATION_NOT_CONNECTED, VERSION_CONFLICT } from '@app/common';
import { REPOSITORY_WRITE_DENIED } from '@app/domain';
import { GITHUB_ERROR, GITHUB_RATE_LIMITED, GITHUB_VALIDATION_FAILED, PULL_REQUEST_NOT_MERGEABLE } from '@app/github';
import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import { ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import { CurrentPrincipal, Policy } from '../auth/auth.decorators';
import type { Principal } from '../auth/principal';
import type { IdempotentCall } from '../http/idempotency/idempotent-call';
import { CurrentIdempotentCall, Idempotent } from '../http/idempotency/idempotent.decorators';
import { Problems } from '../http/openapi/problems.decorator';
import { IdParam } from '../http/validation/id.param';
import { MergedPullRequestResponse, PullRequestDetailsResponse } from './dto/pull-request.response';
import { MergeDto } from './dto/pull-request-write.dto';
import { PullRequestActions } from './pull-request-actions';

@Controller('pull-requests/:id')
@Policy({ role: 'member', scope: 'repos:write' })
export class PullRequestActionsController {
  constructor(private readonly actions: PullRequestActions) {}

  @Idempotent()
  @HttpCode(200)
  @Post('merge')
  @ApiOperation({ summary: 'Merge it', description: 'Only the head that you name. Safe to repeat: one that is merged with this head already is answered as it is.' })
  @ApiOkResponse({ type: MergedPullRequestResponse })
  @Problems(PULL_REQUEST_NOT_MERGEABLE, VERSION_CONFLICT, REPOSITORY_WRITE_DENIED, INTEGRATION_NOT_CONFIGURED, INTEGRATION_NOT_CONNECTED, GITHUB_PERMISSION_MISSING, GITHUB_ERROR, GITHUB_RATE_LIMITED)
  merge(@IdParam() id: string, @Body() dto: MergeDto, @CurrentPrincipal() principal: Principal, @CurrentIdempotentCall() call: IdempotentCall | null): Promise<MergedPullRequestResponse> {
    return this.actions.merge({ principal, id, call }, { method: dto.method ?? 'merge', sha: dto.sha, deleteBranch: dto.deleteBranch ?? false });
  }

  @Idempotent()
  @HttpCode(200)
  @Post('close')
  @ApiOperation({ summary: 'Close it without merging', description: 'Safe to repeat.' })
  @ApiOkResponse({ type: PullRequestDetailsResponse })
  @Problems(GITHUB_VALIDATION_FAILED, REPOSITORY_WRITE_DENIED, INTEGRATION_NOT_CONFIGURED, INTEGRATION_NOT_CONNECTED, GITHUB_PERMISSION_MISSING, GITHUB_ERROR, GITHUB_RATE_LIMITED)
  close(@IdParam() id: string, @CurrentPrincipal() principal: Principal, @CurrentIdempotentCall() call: IdempotentCall | null): Promise<PullRequestDetailsResponse> {
    return this.actions.simple({ principal, id, call }, 'closed');
  }

  @Idempotent()
  @HttpCode(200)
  @Post('reopen')
  @ApiOperation({ summary: 'Open it again', description: 'Safe to repeat. Not when it is merged, its branch is gone, or its branch has another one.' })
  @ApiOkResponse({ type: PullRequestDetailsResponse })
  @Problems(GITHUB_VALIDATION_FAILED, REPOSITORY_WRITE_DENIED, INTEGRATION_NOT_CONFIGURED, INTEGRATION_NOT_CONNECTED, GITHUB_PERMISSION_MISSING, GITHUB_ERROR, GITHUB_RATE_LIMITED)
  reopen(@IdParam() id: string, @CurrentPrincipal() principal: Principal, @CurrentIdempotentCall() call: IdempotentCall | null): Promise<PullRequestDetailsResponse> {
    return this.actions.simple({ principal, id, call }, 'reopened');
  }

  @Idempotent()
  @HttpCode(200)
  @Post('ready')
  @ApiOperation({ summary: 'Take its draft mark off', description: 'Safe to repeat.' })
  @ApiOkResponse({ type: PullRequestDetailsResponse })
  @Problems(GITHUB_VALIDATION_FAILED, REPOSITORY_WRITE_DENIED, INTEGRATION_NOT_CONFIGURED, INTEGRATION_NOT_CONNECTED, GITHUB_PERMISSION_MISSING, GITHUB_ERROR, GITHUB_RATE_LIMITED)
  ready(@IdParam() id: string, @CurrentPrincipal() principal: Principal, @CurrentIdempotentCall() call: IdempotentCall | null): Promise<PullRequestDetailsResponse> {
    return this.actions.simple({ principal, id, call }, 'ready');
  }
}
