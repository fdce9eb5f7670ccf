import { Controller, Get, Param, Query, Res } from '@nestjs/common';
import { ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import type { Response } from 'express';
import { CurrentPrincipal, Policy } from '../auth/auth.decorators';
import type { Principal } from '../auth/principal';
import { cacheFor, contentTag, setEtag } from '../http/etag';
import { ApiPage } from '../http/openapi/answers';
import type { PageResponse } from '../http/paging/page.query';
import { ModelQuery } from './dto/model-query.dto';
import { ModelDetailsResponse, ModelResponse } from './dto/model.response';
import { ModelsService } from './models.service';

const FRESH_SECONDS = 60;

@Controller('models')
export class ModelsController {
  constructor(private readonly models: ModelsService) {}

  @Policy()
  @Get()
  @ApiOperation({ summary: 'List the models, with prices and whether you can use them' })
  @ApiPage(ModelResponse)
  async list(@Query() query: ModelQuery, @CurrentPrincipal() principal: Principal, @Res({ passthrough: true }) response: Response): Promise<PageResponse<ModelResponse>> {
    const page = { data: await this.models.list(principal.organizationId, query), nextCursor: null };
    setEtag(response, contentTag(page));
    cacheFor(response, FRESH_SECONDS);
    return page;
  }

  @Policy()
  @Get(':idOrName')
  @ApiOperation({ summary: 'Get one model by id or name, with your use of it' })
  @ApiOkResponse({ type: ModelDetailsResponse })
  async get(@Param('idOrName') idOrName: string, @CurrentPrincipal() principal: Principal, @Res({ passthrough: true }) response: Response): Promise<ModelDetailsResponse> {
    const model = await this.models.get(principal.organizationId, idOrName);
    setEtag(response, contentTag(model));
    cacheFor(response, FRESH_SECONDS);
    return model;
  }
}
