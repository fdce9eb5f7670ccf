import { invalidParameter, VERSION_CONFLICT } from '@app/common';
import { LAST_ADMIN, SessionStore, UnitOfWork, UserAdminStore } from '@app/domain';
import { Body, Controller, Get, HttpCode, Patch, Post, Query, Req, Res } from '@nestjs/common';
import { ApiHeader, ApiNoContentResponse, ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import type { Response } from 'express';
import { CurrentPrincipal } from '../../auth/auth.decorators';
import type { Principal } from '../../auth/principal';
import { ListedSessionResponse } from '../../auth/sessions/session-list.response';
import { contentTag, requireIfMatch, setEtag } from '../../http/etag';
import type { HttpRequest } from '../../http/http-request';
import type { IdempotentCall } from '../../http/idempotency/idempotent-call';
import { CurrentIdempotentCall, Idempotent } from '../../http/idempotency/idempotent.decorators';
import { ApiPage } from '../../http/openapi/answers';
import { Problems } from '../../http/openapi/problems.decorator';
import { PageQuery, type PageResponse } from '../../http/paging/page.query';
import { Pager } from '../../http/paging/pager';
import { IdParam } from '../../http/validation/id.param';
import { ForStaff } from '../for-staff';
import { AccountDetailsResponse, AccountQuery, AccountResponse, GrantCreditsDto, GrantedCreditsResponse, UpdateAccountDto } from './account.dto';
import { AccountsService } from './accounts.service';
import { CreditGrants } from './credit-grants';

@Controller('admin/users')
export class AdminUsersController {
  constructor(
    private readonly service: AccountsService,
    private readonly grants: CreditGrants,
    private readonly accounts: UserAdminStore,
    private readonly sessions: SessionStore,
    private readonly unitOfWork: UnitOfWork,
    private readonly pager: Pager,
  ) {}

  @ForStaff('support')
  @Get()
  @ApiOperation({ summary: 'List accounts' })
  @ApiPage(AccountResponse)
  async list(@Query() query: AccountQuery, @Req() request: HttpRequest, @Res({ passthrough: true }) response: Response): Promise<PageResponse<AccountResponse>> {
    const page = this.pager.open(query, request);
    return page.close(await this.accounts.list(this.unitOfWork.reader, query, page.request), (row) => AccountResponse.from(row), response);
  }

  @ForStaff('support')
  @Get(':id')
  @ApiOperation({ summary: 'Get one account, with its organizations' })
  @ApiOkResponse({ type: AccountDetailsResponse })
  async get(@IdParam() id: string, @Res({ passthrough: true }) response: Response): Promise<AccountDetailsResponse> {
    const { shown } = await this.service.get(id);
    setEtag(response, contentTag(shown));
    return shown;
  }

  @ForStaff('admin')
  @Patch(':id')
  @ApiOperation({ summary: 'Change the role on the platform, suspend, or let in again', description: 'Suspending ends every session at once. Nobody changes their own account, and one active admin stays.' })
  @ApiOkResponse({ type: AccountDetailsResponse })
  @Problems(LAST_ADMIN, VERSION_CONFLICT)
  async update(@IdParam() id: string, @Body() dto: UpdateAccountDto, @CurrentPrincipal() staff: Principal, @Req() request: HttpRequest): Promise<AccountDetailsResponse> {
    const before = await this.service.get(id);
    const { shown } = await this.service.update(staff.userId, id, dto, (rowVersion) => {
      const isSame = rowVersion === before.rowVersion;
      requireIfMatch(request, isSame ? contentTag(before.shown) : '"changed since"');
    });
    if (request.res) setEtag(request.res, contentTag(shown));
    return shown;
  }

  @ForStaff('support')
  @Get(':id/sessions')
  @ApiOperation({ summary: "List an account's sessions", description: 'Those that have not ended.' })
  @ApiPage(ListedSessionResponse)
  async listSessions(@IdParam() id: string, @Query() query: PageQuery, @Req() request: HttpRequest, @Res({ passthrough: true }) response: Response): Promise<PageResponse<ListedSessionResponse>> {
    await this.service.get(id);
    const page = this.pager.open(query, request);
    const currentId = request.principal?.sessionId ?? null;
    return page.close(await this.sessions.listLive(id, page.request), (session) => ListedSessionResponse.from(session, currentId), response);
  }

  @ForStaff('admin')
  @HttpCode(204)
  @Post(':id/revoke-sessions')
  @ApiOperation({ summary: 'End all sessions of an account', description: 'Our access tokens are refused from the next request on. Personal access tokens and Clerk sessions stay; suspend the account to stop those too.' })
  @ApiNoContentResponse()
  async revokeSessions(@IdParam() id: string): Promise<void> {
    await this.service.revokeSessions(id);
  }

  @ForStaff('admin')
  @Idempotent()
  @HttpCode(200)
  @Post(':id/credits')
  @ApiHeader({ name: 'Idempotency-Key', required: true, description: 'Required here: a repeat must not give twice.' })
  @ApiOperation({ summary: "Give credits to an organization of the user", description: 'Booked as an adjustment; the reason is shown in the list of transactions.' })
  @ApiOkResponse({ type: GrantedCreditsResponse })
  async grantCredits(@IdParam() id: string, @Body() dto: GrantCreditsDto, @CurrentIdempotentCall() call: IdempotentCall | null): Promise<GrantedCreditsResponse> {
    if (!call) throw invalidParameter('Idempotency-Key', 'required', 'is required here');
    return this.grants.grant(id, dto, call);
  }
}
