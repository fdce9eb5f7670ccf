import { AppConfig, INTEGRATION_NOT_CONFIGURED } from '@app/common';
import { GITHUB_ERROR, GITHUB_RATE_LIMITED } from '@app/github';
import { Controller, Get, HttpCode, Query, Req, Res } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiQuery, ApiResponse } from '@nestjs/swagger';
import type { Response } from 'express';
import { CurrentPrincipal, Policy, Public } from '../auth/auth.decorators';
import type { Principal } from '../auth/principal';
import type { HttpRequest } from '../http/http-request';
import { Problems } from '../http/openapi/problems.decorator';
import { StartGithubQuery } from './dto/github-account.dto';
import { WayToGithubResponse } from './dto/github-account.response';
import { browserMark, markBrowser, unmarkBrowser } from './flow/browser-cookie';
import { GithubFlow } from './flow/github-flow';
import { GithubReturn } from './flow/github-return';
import { returnAddress } from './flow/return-address';
import { OAUTH_STATE_EXPIRED } from './github-account.errors';

const BACK = { status: 303, description: 'To redirectTo, with `status` (`connected`, `installed`, `requested` or `error`) and, for an error, its code as `error`.', headers: { Location: { schema: { type: 'string' as const } } } };

@Controller('auth/github')
export class GithubAuthController {
  constructor(
    private readonly flow: GithubFlow,
    private readonly goingBack: GithubReturn,
    private readonly config: AppConfig,
  ) {}

  @Policy()
  @Get('start')
  @ApiOperation({ summary: 'Begin to connect a GitHub account', description: 'Open `url` in the browser that got this answer: it carries a cookie that GET /auth/github/callback asks for. Good for ten minutes, once.' })
  @ApiOkResponse({ type: WayToGithubResponse })
  @Problems(INTEGRATION_NOT_CONFIGURED)
  async start(@Query() query: StartGithubQuery, @CurrentPrincipal() principal: Principal, @Req() request: HttpRequest, @Res({ passthrough: true }) response: Response): Promise<WayToGithubResponse> {
    const redirectTo = returnAddress(query.redirectTo, this.config);
    const way = await this.flow.toAuthorize({ ...who(principal), redirectTo, redirectUri: this.callbackUrl(), browserHash: markBrowser(request, response) });
    return WayToGithubResponse.from(way);
  }

  @Policy({ role: 'admin' })
  @Get('install')
  @ApiOperation({ summary: 'Begin to install the GitHub App', description: 'Open `url` in the browser that got this answer. What was installed belongs to the organization you act in, if your connected GitHub account governs it.' })
  @ApiOkResponse({ type: WayToGithubResponse })
  @Problems(INTEGRATION_NOT_CONFIGURED, GITHUB_ERROR, GITHUB_RATE_LIMITED)
  async install(@Query() query: StartGithubQuery, @CurrentPrincipal() principal: Principal, @Req() request: HttpRequest, @Res({ passthrough: true }) response: Response): Promise<WayToGithubResponse> {
    const redirectTo = returnAddress(query.redirectTo, this.config);
    const way = await this.flow.toInstall({ ...who(principal), redirectTo, redirectUri: null, browserHash: markBrowser(request, response) });
    return WayToGithubResponse.from(way);
  }

  @Public()
  @HttpCode(303)
  @Get('callback')
  @ApiOperation({ summary: 'Come back from GitHub with a code', description: "For browsers: the App's callback address." })
  @ApiQuery({ name: 'code', required: false, schema: { type: 'string' } })
  @ApiQuery({ name: 'state', required: false, schema: { type: 'string' } })
  @ApiResponse(BACK)
  @Problems(OAUTH_STATE_EXPIRED)
  async callback(@Req() request: HttpRequest, @Res({ passthrough: true }) response: Response): Promise<void> {
    response.setHeader('Location', await this.goingBack.fromAuthorizing(queryOf(request), browserMark(request)));
    unmarkBrowser(response);
  }

  @Public()
  @HttpCode(303)
  @Get('setup')
  @ApiOperation({ summary: 'Come back from installing the App', description: "For browsers: the App's set-up address. The installation is asked about with the token of who began; its id in the address proves nothing." })
  @ApiQuery({ name: 'installation_id', required: false, schema: { type: 'string' } })
  @ApiQuery({ name: 'setup_action', required: false, schema: { type: 'string' } })
  @ApiQuery({ name: 'state', required: false, schema: { type: 'string' } })
  @ApiResponse(BACK)
  @Problems(OAUTH_STATE_EXPIRED)
  async setUp(@Req() request: HttpRequest, @Res({ passthrough: true }) response: Response): Promise<void> {
    response.setHeader('Location', await this.goingBack.fromInstalling(queryOf(request), browserMark(request)));
  }

  private callbackUrl(): string {
    return `${this.config.core.PUBLIC_URL}/api/v1/auth/github/callback`;
  }
}

function who({ userId, organizationId }: Principal): { userId: string; organizationId: string } {
  return { userId, organizationId };
}

/** GitHub adds what it likes to the address: unknown fields are no error here. */
function queryOf({ query }: HttpRequest): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(query).filter((pair): pair is [string, string] => typeof pair[1] === 'string'));
}
