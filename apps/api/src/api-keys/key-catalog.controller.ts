import { AppConfig } from '@app/common';
import { ApiKeyProviderStore, ApiKeyUsageStore, UnitOfWork } from '@app/domain';
import { Controller, Get, Query, Res } from '@nestjs/common';
import { ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import type { Response } from 'express';
import { CurrentPrincipal, Policy } from '../auth/auth.decorators';
import type { Principal } from '../auth/principal';
import { cacheFor, contentTag, setEtag } from '../http/etag';
import { ApiPage } from '../http/openapi/answers';
import type { PageResponse } from '../http/paging/page.query';
import { IdParam } from '../http/validation/id.param';
import { ApiKeysService } from './api-keys.service';
import { KeyProviderQuery, KeyUsageQuery } from './dto/api-key-query.dto';
import { KeyProviderResponse } from './dto/key-provider.response';
import { KeyUsageResponse } from './dto/key-usage.response';

const FRESH_SECONDS = 60;

/** For which vendors keys can be brought, and what was done with them. */
@Controller('api-keys')
@Policy({ role: 'member', scope: 'keys:write' })
export class KeyCatalogController {
  constructor(
    private readonly providers: ApiKeyProviderStore,
    private readonly usages: ApiKeyUsageStore,
    private readonly service: ApiKeysService,
    private readonly unitOfWork: UnitOfWork,
    private readonly config: AppConfig,
  ) {}

  @Get('providers')
  @ApiOperation({ summary: 'List the providers you may bring a key for' })
  @ApiPage(KeyProviderResponse)
  async list(@Query() query: KeyProviderQuery, @Res({ passthrough: true }) response: Response): Promise<PageResponse<KeyProviderResponse>> {
    const rows = await this.providers.list(this.unitOfWork.reader, query.category);
    const page = { data: rows.map((row) => KeyProviderResponse.from(row, this.config.models.vendorUrl(row.provider) === null)), nextCursor: null };
    setEtag(response, contentTag(page));
    cacheFor(response, FRESH_SECONDS);
    return page;
  }

  @Get('usage')
  @ApiOperation({ summary: 'What was done with all of your own keys', description: 'By day and by model; deleted keys count on. Tests count, too.' })
  @ApiOkResponse({ type: KeyUsageResponse })
  usage(@Query() { days }: KeyUsageQuery, @CurrentPrincipal() { organizationId }: Principal): Promise<KeyUsageResponse> {
    return this.answer({ organizationId, days });
  }

  @Get(':id/usage')
  @ApiOperation({ summary: 'What was done with one of your keys', description: 'By day and by model. Tests count, too.' })
  @ApiOkResponse({ type: KeyUsageResponse })
  async usageOfOne(@IdParam() id: string, @Query() { days }: KeyUsageQuery, @CurrentPrincipal() principal: Principal): Promise<KeyUsageResponse> {
    const { id: apiKeyId, organizationId } = await this.service.visible(principal, id);
    return this.answer({ organizationId, apiKeyId, days });
  }

  private async answer(question: { organizationId: string; apiKeyId?: string; days: number }): Promise<KeyUsageResponse> {
    const { reader } = this.unitOfWork;
    const [totals, daily, models] = await Promise.all([this.usages.totals(reader, question), this.usages.daily(reader, question), this.usages.byModel(reader, question)]);
    return KeyUsageResponse.from({ totals, daily, models });
  }
}
