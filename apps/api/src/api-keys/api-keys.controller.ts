import { ApiKeyStore, API_KEY_DUPLICATE, UnitOfWork } from '@app/domain';
import { UNSAFE_URL, VERSION_CONFLICT } from '@app/common';
import { Body, Controller, Delete, Get, HttpCode, Patch, Post, Put, Query, Req, Res } from '@nestjs/common';
import { ApiCreatedResponse, ApiNoContentResponse, ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import type { Response } from 'express';
import { CurrentPrincipal, Policy } from '../auth/auth.decorators';
import type { Principal } from '../auth/principal';
import { contentTag, hasIfMatch, requireIfMatch, setEtag } from '../http/etag';
import type { HttpRequest } from '../http/http-request';
import type { IdempotentCall } from '../http/idempotency/idempotent-call';
import { CurrentIdempotentCall, Idempotent } from '../http/idempotency/idempotent.decorators';
import { ApiPage } from '../http/openapi/answers';
import { Problems } from '../http/openapi/problems.decorator';
import type { PageResponse } from '../http/paging/page.query';
import { Pager } from '../http/paging/pager';
import { RateLimit } from '../http/rate-limit/rate-limit.decorator';
import { IdParam } from '../http/validation/id.param';
import { ApiKeysService } from './api-keys.service';
import { ApiKeyQuery } from './dto/api-key-query.dto';
import { ApiKeyResponse } from './dto/api-key.response';
import { CreateApiKeyDto } from './dto/create-api-key.dto';
import { UpdateApiKeyDto } from './dto/update-api-key.dto';

/** Saving a key tries it, too: else this would be the way around the limit of the tests. */
@Controller('api-keys')
@Policy({ role: 'member', scope: 'keys:write' })
export class ApiKeysController {
  constructor(
    private readonly service: ApiKeysService,
    private readonly keys: ApiKeyStore,
    private readonly unitOfWork: UnitOfWork,
    private readonly pager: Pager,
  ) {}

  @Get()
  @ApiOperation({ summary: 'List your own AI provider keys', description: 'Of your organization. The keys themselves are never shown.' })
  @ApiPage(ApiKeyResponse)
  async list(@Query() query: ApiKeyQuery, @CurrentPrincipal() principal: Principal, @Req() request: HttpRequest, @Res({ passthrough: true }) response: Response): Promise<PageResponse<ApiKeyResponse>> {
    const page = this.pager.open(query, request);
    const rows = await this.keys.list(this.unitOfWork.reader, { organizationId: principal.organizationId, provider: query.provider }, page.request);
    return page.close(rows, (row) => ApiKeyResponse.from(row), response);
  }

  @Idempotent()
  @RateLimit('tests')
  @Post()
  @ApiOperation({ summary: 'Save a key of your own', description: 'It is tried at its provider first, unless `verify` is false: one that is refused is not saved (422), one that could not be tried is saved as `unverified` with the reason in `lastError`.' })
  @ApiCreatedResponse({ type: ApiKeyResponse, headers: { Location: { schema: { type: 'string' } }, ETag: { schema: { type: 'string' } } } })
  @Problems(API_KEY_DUPLICATE, UNSAFE_URL)
  async create(
    @Body() dto: CreateApiKeyDto, @CurrentPrincipal() principal: Principal, @CurrentIdempotentCall() call: IdempotentCall | null, @Res({ passthrough: true }) response: Response,
  ): Promise<ApiKeyResponse> {
    const row = await this.service.create(principal, dto, call);
    response.location(`/api/v1/api-keys/${row.id}`);
    return tagged(response, ApiKeyResponse.from(row));
  }

  @Get(':id')
  @ApiOperation({ summary: 'Get one of your keys', description: 'Without the key itself.' })
  @ApiOkResponse({ type: ApiKeyResponse })
  async get(@IdParam() id: string, @CurrentPrincipal() principal: Principal, @Res({ passthrough: true }) response: Response): Promise<ApiKeyResponse> {
    return tagged(response, ApiKeyResponse.from(await this.service.visible(principal, id)));
  }

  @RateLimit('tests')
  @Put(':id')
  @ApiOperation({ summary: 'Change a key', description: 'Merges the fields that are sent; `keyValue` replaces the key itself. For who saved it, and admins. Provider and address cannot be changed.' })
  @ApiOkResponse({ type: ApiKeyResponse })
  @Problems(API_KEY_DUPLICATE, UNSAFE_URL, VERSION_CONFLICT)
  async update(@IdParam() id: string, @Body() dto: UpdateApiKeyDto, @CurrentPrincipal() principal: Principal, @Res({ passthrough: true }) response: Response): Promise<ApiKeyResponse> {
    const row = await this.service.own(principal, id);
    requireIfMatch(response.req, contentTag(ApiKeyResponse.from(row)));
    return tagged(response, ApiKeyResponse.from(await this.service.update(principal, row, dto, expectedVersion(response, row.rowVersion))));
  }

  @RateLimit('tests')
  @Patch(':id')
  @ApiOperation({ summary: 'Change a key (alias of PUT)', description: 'Merges the fields that are sent.' })
  @ApiOkResponse({ type: ApiKeyResponse })
  @Problems(API_KEY_DUPLICATE, UNSAFE_URL, VERSION_CONFLICT)
  patch(@IdParam() id: string, @Body() dto: UpdateApiKeyDto, @CurrentPrincipal() principal: Principal, @Res({ passthrough: true }) response: Response): Promise<ApiKeyResponse> {
    return this.update(id, dto, principal, response);
  }

  @Delete(':id')
  @HttpCode(204)
  @ApiOperation({ summary: 'Delete a key', description: 'Its text is wiped at once; usage and tasks go on naming it. Tasks that use it fail with `provider_auth`.' })
  @ApiNoContentResponse()
  @Problems(VERSION_CONFLICT)
  async delete(@IdParam() id: string, @CurrentPrincipal() principal: Principal, @Res({ passthrough: true }) response: Response): Promise<void> {
    const row = await this.service.own(principal, id);
    requireIfMatch(response.req, contentTag(ApiKeyResponse.from(row)));
    await this.service.remove(principal, row, expectedVersion(response, row.rowVersion));
  }
}

function tagged(response: Response, key: ApiKeyResponse): ApiKeyResponse {
  setEtag(response, contentTag(key));
  return key;
}

/** `*` asks only that there is one. */
function expectedVersion({ req }: Response, rowVersion: number): number | null {
  return hasIfMatch(req) && req.headers['if-match']?.trim() !== '*' ? rowVersion : null;
}
