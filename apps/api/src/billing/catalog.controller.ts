import { PriceListStore } from '@app/domain';
import { Controller, Get, Res } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Response } from 'express';
import { Public } from '../auth/auth.decorators';
import { cacheFor, contentTag, setEtag } from '../http/etag';
import { ApiPage } from '../http/openapi/answers';
import type { PageResponse } from '../http/paging/page.query';
import { CreditPackageResponse, PlanResponse } from './dto/plan.response';

const FRESH_SECONDS = 300;

/** What is on sale; for everybody. */
@ApiTags('Billing')
@Controller()
export class CatalogController {
  constructor(private readonly prices: PriceListStore) {}

  @Public()
  @Get('billing/plans')
  @ApiOperation({ summary: 'List the plans' })
  @ApiPage(PlanResponse)
  async plans(@Res({ passthrough: true }) response: Response): Promise<PageResponse<PlanResponse>> {
    return cached(response, (await this.prices.plans()).map((plan) => PlanResponse.from(plan)));
  }

  @Public()
  @Get('credits/packages')
  @ApiOperation({ summary: 'List the credit packages' })
  @ApiPage(CreditPackageResponse)
  async packages(@Res({ passthrough: true }) response: Response): Promise<PageResponse<CreditPackageResponse>> {
    return cached(response, (await this.prices.packages()).map((pack) => CreditPackageResponse.from(pack)));
  }
}

function cached<Shape>(response: Response, data: Shape[]): PageResponse<Shape> {
  setEtag(response, contentTag(data));
  cacheFor(response, FRESH_SECONDS);
  return { data, nextCursor: null };
}
