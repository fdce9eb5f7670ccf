import { AppError, FORBIDDEN } from '@app/common';
import { SessionStore } from '@app/domain';
import { Body, Controller, Delete, Get, HttpCode, Post, Query, Req, Res } from '@nestjs/common';
import { ApiNoContentResponse, ApiOperation } from '@nestjs/swagger';
import type { Response } from 'express';
import type { HttpRequest } from '../../http/http-request';
import { ApiPage } from '../../http/openapi/answers';
import { Problems } from '../../http/openapi/problems.decorator';
import { PageQuery, type PageResponse } from '../../http/paging/page.query';
import { Pager } from '../../http/paging/pager';
import { IdParam } from '../../http/validation/id.param';
import { RateLimit } from '../../http/rate-limit/rate-limit.decorator';
import { CurrentPrincipal, Policy } from '../auth.decorators';
import { INVALID_CREDENTIALS, TOO_MANY_LOGIN_ATTEMPTS } from '../auth.errors';
import { ChangePasswordDto } from '../dto/change-password.dto';
import { PasswordChange } from '../passwords/password-change';
import type { Principal } from '../principal';
import { clearRefreshCookie } from '../refresh-cookie';
import { SessionService } from '../session.service';
import { ListedSessionResponse } from './session-list.response';

/** What somebody signed in here does with their own sign-ins. */
@Policy({ credentials: ['session'] })
@Controller('auth')
export class SessionsController {
  constructor(
    private readonly store: SessionStore,
    private readonly sessions: SessionService,
    private readonly passwords: PasswordChange,
    private readonly pager: Pager,
  ) {}

  @Get('sessions')
  @ApiOperation({ summary: 'List your sessions', description: 'Those that have not ended, newest first. Sessions of an identity provider are not ours to list.' })
  @ApiPage(ListedSessionResponse)
  async list(@Query() query: PageQuery, @CurrentPrincipal() principal: Principal, @Req() request: HttpRequest, @Res({ passthrough: true }) response: Response): Promise<PageResponse<ListedSessionResponse>> {
    const page = this.pager.open(query, request);
    const rows = await this.store.listLive(principal.userId, page.request);
    return page.close(rows, (session) => ListedSessionResponse.from(session, principal.sessionId), response);
  }

  @HttpCode(204)
  @Delete('sessions/:id')
  @ApiOperation({ summary: 'End one of your sessions', description: 'Its tokens are refused from the next request on.' })
  @ApiNoContentResponse()
  async end(@IdParam() id: string, @CurrentPrincipal() principal: Principal, @Res({ passthrough: true }) response: Response): Promise<void> {
    await this.sessions.revoke({ userId: principal.userId, sessionId: id });
    if (id === principal.sessionId) clearRefreshCookie(response);
  }

  @HttpCode(204)
  @RateLimit('signIn')
  @Post('password')
  @ApiOperation({ summary: 'Change your password', description: 'Ends your other sessions. This one goes on, with the tokens it has. Wrong current passwords count like failed sign-ins.' })
  @ApiNoContentResponse()
  @Problems(INVALID_CREDENTIALS, TOO_MANY_LOGIN_ATTEMPTS)
  async changePassword(@Body() dto: ChangePasswordDto, @CurrentPrincipal() principal: Principal): Promise<void> {
    const { userId, sessionId } = principal;
    if (sessionId === null) throw new AppError(FORBIDDEN, 'This takes a session of ours.');
    await this.passwords.change({ userId, sessionId }, dto);
  }
}
