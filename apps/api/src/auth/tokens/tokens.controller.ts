import { PersonalAccessTokenStore } from '@app/domain';
import { Body, Controller, Delete, Get, HttpCode, Post, Query, Req, Res } from '@nestjs/common';
import { ApiCreatedResponse, ApiNoContentResponse, ApiOperation } from '@nestjs/swagger';
import type { Response } from 'express';
import type { HttpRequest } from '../../http/http-request';
import type { IdempotentCall } from '../../http/idempotency/idempotent-call';
import { CurrentIdempotentCall, Idempotent } from '../../http/idempotency/idempotent.decorators';
import { ApiPage } from '../../http/openapi/answers';
import { PageQuery, type PageResponse } from '../../http/paging/page.query';
import { Pager } from '../../http/paging/pager';
import { IdParam } from '../../http/validation/id.param';
import { CurrentPrincipal, Policy } from '../auth.decorators';
import type { Principal } from '../principal';
import { CreateTokenDto } from './dto/create-token.dto';
import { NewTokenResponse, TokenResponse } from './dto/token.response';
import { tokenLocation, TokensService } from './tokens.service';

/** Personal access tokens are made by a person who is signed in, never by another token. */
@Policy({ credentials: ['session'] })
@Controller('auth/tokens')
export class TokensController {
  constructor(
    private readonly tokens: TokensService,
    private readonly store: PersonalAccessTokenStore,
    private readonly pager: Pager,
  ) {}

  @Idempotent()
  @Post()
  @ApiOperation({
    summary: 'Make a personal access token',
    description: 'For scripts. It acts as you, in the organization in force and no other, within its scopes and your role there at each request. It dies when you leave that organization.',
  })
  @ApiCreatedResponse({ type: NewTokenResponse, headers: { Location: { schema: { type: 'string' } } } })
  async create(@Body() dto: CreateTokenDto, @CurrentPrincipal() principal: Principal, @CurrentIdempotentCall() call: IdempotentCall | null, @Res({ passthrough: true }) response: Response): Promise<NewTokenResponse> {
    const token = await this.tokens.create(principal, dto, call);
    response.setHeader('Location', tokenLocation(token.id));
    return token;
  }

  @Get()
  @ApiOperation({ summary: 'List your personal access tokens', description: 'Of the organization in force; revoked ones are left out.' })
  @ApiPage(TokenResponse)
  async list(@Query() query: PageQuery, @CurrentPrincipal() principal: Principal, @Req() request: HttpRequest, @Res({ passthrough: true }) response: Response): Promise<PageResponse<TokenResponse>> {
    const page = this.pager.open(query, request);
    return page.close(await this.store.list(principal, page.request), (row) => TokenResponse.from(row), response);
  }

  @HttpCode(204)
  @Delete(':id')
  @ApiOperation({ summary: 'Revoke a personal access token', description: 'It is refused from the next request on.' })
  @ApiNoContentResponse()
  async revoke(@IdParam() id: string, @CurrentPrincipal() principal: Principal): Promise<void> {
    await this.tokens.revoke(principal, id);
  }
}
