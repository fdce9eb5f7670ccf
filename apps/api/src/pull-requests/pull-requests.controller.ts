import type { CommentRow, ReviewRow, ShownPullRequest } from '@app/domain';
import { GITHUB_PERMISSION_MISSING, INTEGRATION_NOT_CONFIGURED, INTEGRATION_NOT_CONNECTED } from '@app/common';
import { type ChangedFile, GITHUB_ERROR, GITHUB_RATE_LIMITED } from '@app/github';
import { Controller, Get, Query, Req, Res } from '@nestjs/common';
import { ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import type { Response } from 'express';
import { CurrentPrincipal, Policy } from '../auth/auth.decorators';
import type { Principal } from '../auth/principal';

import { contentTag, setEtag } from '../http/etag';
import type { HttpRequest } from '../http/http-request';
import { ApiPage } from '../http/openapi/answers';
import { Problems } from '../http/openapi/problems.decorator';
import { PageQuery, type PageResponse } from '../http/paging/page.query';
import { Pager } from '../http/paging/pager';
import { IdParam } from '../http/validation/id.param';
import { CommentQuery, FileQuery, PullRequestQuery, RefreshQuery } from './dto/pull-request-query.dto';
import { ChangedFileResponse, CommentResponse, PullRequestDetailsResponse, PullRequestResponse, ReviewResponse } from './dto/pull-request.response';
import { filePage, nextFilePage } from './file-pages';
import { PullRequestAccess } from './pull-request-access';
import { PullRequestReader } from './pull-request-reader';
import { PullRequestLists } from './pull-request-lists';

@Controller('pull-requests')
@Policy({ scope: 'repos:read' })
export class PullRequestsController {
  constructor(
    private readonly access: PullRequestAccess,
    private readonly reader: PullRequestReader,
    private readonly lists: PullRequestLists,
    private readonly pager: Pager,
  ) {}

  @Get()
  @ApiOperation({ summary: 'List pull requests of the connected repositories', description: 'As webhooks and our own calls told of them.' })
  @ApiPage(PullRequestResponse)
  async list(@Query() query: PullRequestQuery, @CurrentPrincipal() principal: Principal, @Req() request: HttpRequest, @Res({ passthrough: true }) response: Response): Promise<PageResponse<PullRequestResponse>> {
    const page = this.pager.open(query, request);
    return page.close(await this.lists.pulls(principal, query, page.request), (pull: ShownPullRequest) => PullRequestResponse.from(pull), response);
  }

  @Get(':id')
  @ApiOperation({ summary: 'Get one pull request', description: 'As webhooks told of it; with `refresh` as GitHub says now, with its reviews and comments.' })
  @ApiOkResponse({ type: PullRequestDetailsResponse })
  @Problems(INTEGRATION_NOT_CONFIGURED, INTEGRATION_NOT_CONNECTED, GITHUB_PERMISSION_MISSING, GITHUB_ERROR, GITHUB_RATE_LIMITED)
  async get(@IdParam() id: string, @Query() query: RefreshQuery, @CurrentPrincipal() principal: Principal, @Res({ passthrough: true }) response: Response): Promise<PullRequestDetailsResponse> {
    const reached = await this.access.require(principal, id, 'read');
    const shown = PullRequestDetailsResponse.fromWhole(query.refresh ? await this.reader.fresh(reached) : await this.reader.known(reached));
    setEtag(response, contentTag(shown));
    return shown;
  }

  @Get(':id/files')
  @ApiOperation({ summary: 'The files it changes', description: 'As GitHub shows them now, in its order; at most 3,000.' })
  @ApiPage(ChangedFileResponse)
  @Problems(INTEGRATION_NOT_CONFIGURED, INTEGRATION_NOT_CONNECTED, GITHUB_PERMISSION_MISSING, GITHUB_ERROR, GITHUB_RATE_LIMITED)
  async files(@IdParam() id: string, @Query() query: FileQuery, @CurrentPrincipal() principal: Principal, @Req() request: HttpRequest): Promise<PageResponse<ChangedFileResponse>> {
    const page = this.pager.open({ ...query, order: 'asc' }, request);
    const reached = await this.access.require(principal, id, 'read');
    const { number, size } = filePage(page.request);
    const { files, isLast } = await this.reader.files(reached, number, size);
    return page.close({ rows: files, next: isLast ? null : nextFilePage(number, size, id) }, (file: ChangedFile) => ChangedFileResponse.from(file), request.res as Response);
  }

  @Get(':id/reviews')
  @ApiOperation({ summary: 'Its reviews', description: 'By the time they were handed in.' })
  @ApiPage(ReviewResponse)
  async reviews(@IdParam() id: string, @Query() query: PageQuery, @CurrentPrincipal() principal: Principal, @Req() request: HttpRequest): Promise<PageResponse<ReviewResponse>> {
    const page = this.pager.open(query, request);
    await this.access.require(principal, id, 'read');
    return page.close(await this.lists.reviews(principal, id, page.request), (review: ReviewRow) => ReviewResponse.from(review), request.res as Response);
  }

  @Get(':id/comments')
  @ApiOperation({ summary: 'Its comments', description: 'Below it and on its lines, by the time they were written.' })
  @ApiPage(CommentResponse)
  async comments(@IdParam() id: string, @Query() query: CommentQuery, @CurrentPrincipal() principal: Principal, @Req() request: HttpRequest): Promise<PageResponse<CommentResponse>> {
    const page = this.pager.open(query, request);
    await this.access.require(principal, id, 'read');
    return page.close(await this.lists.comments(principal, { id, kind: query.kind }, page.request), (comment: CommentRow) => CommentResponse.from(comment), request.res as Response);
  }
}
