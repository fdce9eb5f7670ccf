import { UNSAFE_URL } from '@app/common';
import { API_KEY_UNREADABLE, INVALID_MODEL, MODEL_UNAVAILABLE } from '@app/domain';
import { BUDGET_EXHAUSTED, PLAN_LIMIT_MODEL } from '@app/billing';
import { Body, Controller, Get, HttpCode, Param, Post, Query, Res } from '@nestjs/common';
import { ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import type { Response } from 'express';
import { PROVIDER_TIMEOUT } from '../api-keys/api-keys.errors';
import { CurrentPrincipal, Policy } from '../auth/auth.decorators';
import type { Principal } from '../auth/principal';
import { cacheFor, contentTag, setEtag } from '../http/etag';
import { ApiPage } from '../http/openapi/answers';
import { Problems } from '../http/openapi/problems.decorator';
import type { PageResponse } from '../http/paging/page.query';
import { ModelQuery } from './dto/model-query.dto';
import { ModelTestResponse } from './dto/model-test.response';
import { ModelDetailsResponse, ModelResponse } from './dto/model.response';
import { RateLimit } from '../http/rate-limit/rate-limit.decorator';
import { TestModelDto } from './dto/test-model.dto';
import { ModelTest } from './model-test.service';
import { ModelsService } from './models.service';

const FRESH_SECONDS = 60;

@Controller('models')
export class ModelsController {
  constructor(
    private readonly models: ModelsService,
    private readonly tests: ModelTest,
  ) {}

  @Policy({ credentials: ['session', 'clerk', 'token'] })
  @Get()
  @ApiOperation({ summary: 'List the models, with prices and whether you can use them' })
  @ApiPage(ModelResponse)
  async list(@Query() query: ModelQuery, @CurrentPrincipal() principal: Principal, @Res({ passthrough: true }) response: Response): Promise<PageResponse<ModelResponse>> {
    const page = { data: await this.models.list(principal.organizationId, query), nextCursor: null };
    setEtag(response, contentTag(page));
    cacheFor(response, FRESH_SECONDS);
    return page;
  }

  @Policy({ credentials: ['session', 'clerk', 'token'] })
  @Get(':idOrName')
  @ApiOperation({ summary: 'Get one model by id or name, with your use of it' })
  @ApiOkResponse({ type: ModelDetailsResponse })
  async get(@Param('idOrName') idOrName: string, @CurrentPrincipal() principal: Principal, @Res({ passthrough: true }) response: Response): Promise<ModelDetailsResponse> {
    const model = await this.models.get(principal.organizationId, idOrName);
    setEtag(response, contentTag(model));
    cacheFor(response, FRESH_SECONDS);
    return model;
  }

  @Policy({ role: 'member', credentials: ['session', 'clerk'] })
  @RateLimit('tests')
  @Post('test')
  @HttpCode(200)
  @ApiOperation({
    summary: 'Try a model, or a key',
    description: 'One real call of at most 16 output tokens: a model of the catalog (`model`, with `apiKeyId` on one of your keys), or a key that is not saved (`provider`, `keyValue`, `baseUrl`). 200 also when the provider refuses: `error` says why. Nothing is charged. A command-line agent (`aider/…`) is asked for its version by the workers; `requestId` is that.',
  })
  @ApiOkResponse({ type: ModelTestResponse })
  @Problems(BUDGET_EXHAUSTED, PLAN_LIMIT_MODEL, API_KEY_UNREADABLE, INVALID_MODEL, MODEL_UNAVAILABLE, UNSAFE_URL, PROVIDER_TIMEOUT)
  test(@Body() dto: TestModelDto, @CurrentPrincipal() principal: Principal): Promise<ModelTestResponse> {
    return this.tests.run(principal, dto);
  }
}
