import { ACCOUNT_LINK_REQUIRED } from '@app/accounts';
import { INTEGRATION_NOT_CONFIGURED } from '@app/common';
import { GITHUB_ERROR, GITHUB_RATE_LIMITED } from '@app/github';
import { Body, Controller, Delete, Get, HttpCode, Post, Query, Req, Res } from '@nestjs/common';
import { ApiExtraModels, ApiNoContentResponse, ApiOkResponse, ApiOperation, getSchemaPath } from '@nestjs/swagger';
import type { Response } from 'express';
import { CurrentPrincipal, Policy } from '../auth/auth.decorators';
import type { Principal } from '../auth/principal';
import type { HttpRequest } from '../http/http-request';
import { ApiPage } from '../http/openapi/answers';
import { Problems } from '../http/openapi/problems.decorator';
import { PageQuery, type PageResponse } from '../http/paging/page.query';
import { Pager } from '../http/paging/pager';
import { ConnectGithubDto } from './dto/github-account.dto';
import { AuthorizeUrlResponse, GithubAccountResponse, GithubInstallationResponse } from './dto/github-account.response';
import { markBrowser } from './flow/browser-cookie';
import { GithubAccount } from './github-account.service';
import { GITHUB_NOT_CONNECTED, OAUTH_STATE_EXPIRED } from './github-account.errors';

@Controller('users/github')
export class GithubAccountController {
  constructor(
    private readonly account: GithubAccount,
    private readonly pager: Pager,
  ) {}

  @Policy()
  @HttpCode(200)
  @Post()
  @ApiOperation({
    summary: 'Connect your GitHub account',
    description: 'Without a body it begins: open `authorizeUrl`. GitHub sends the browser to the App\'s first callback address; a page of yours that stands there sends back `code` and `state`, which finishes it. GET /auth/github/start does the same with our own callback.',
  })
  @ApiExtraModels(GithubAccountResponse, AuthorizeUrlResponse)
  @ApiOkResponse({ schema: { oneOf: [{ $ref: getSchemaPath(AuthorizeUrlResponse) }, { $ref: getSchemaPath(GithubAccountResponse) }] } })
  @Problems(ACCOUNT_LINK_REQUIRED, OAUTH_STATE_EXPIRED, INTEGRATION_NOT_CONFIGURED, GITHUB_ERROR, GITHUB_RATE_LIMITED)
  async connect(@Body() dto: ConnectGithubDto, @CurrentPrincipal() principal: Principal, @Req() request: HttpRequest, @Res({ passthrough: true }) response: Response): Promise<AuthorizeUrlResponse | GithubAccountResponse> {
    const { code, state } = dto;
    if (code === undefined || state === undefined) return AuthorizeUrlResponse.from(await this.account.begin(principal, markBrowser(request, response)));
    const { person, installations } = await this.account.finish(principal, { code, state });
    return { login: person.login, githubId: person.id, installations: installations.map((one) => GithubInstallationResponse.from(one)) };
  }

  @Policy()
  @HttpCode(204)
  @Delete()
  @ApiOperation({ summary: 'Disconnect your GitHub account', description: 'What you allowed the App is revoked at GitHub, and your tokens are wiped here. Safe to repeat. Installations and connected repositories stay.' })
  @ApiNoContentResponse()
  @Problems(INTEGRATION_NOT_CONFIGURED, GITHUB_ERROR)
  disconnect(@CurrentPrincipal() { userId }: Principal): Promise<void> {
    return this.account.disconnect(userId);
  }

  @Policy()
  @Get('installations')
  @ApiOperation({ summary: 'List installations of the App that your GitHub account may reach' })
  @ApiPage(GithubInstallationResponse)
  @Problems(GITHUB_NOT_CONNECTED, INTEGRATION_NOT_CONFIGURED, GITHUB_ERROR, GITHUB_RATE_LIMITED)
  async installations(@Query() query: PageQuery, @CurrentPrincipal() { userId }: Principal, @Req() request: HttpRequest, @Res({ passthrough: true }) response: Response): Promise<PageResponse<GithubInstallationResponse>> {
    const page = this.pager.open(query, request);
    return page.close(await this.account.installations(userId, page.request), (one) => GithubInstallationResponse.from(one), response);
  }
}
