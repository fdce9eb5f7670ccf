import { BUDGET_EXHAUSTED } from '@app/billing';
import { UNSAFE_URL } from '@app/common';
import { API_KEY_UNREADABLE } from '@app/domain';
import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import { ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import { CurrentPrincipal, Policy } from '../auth/auth.decorators';
import type { Principal } from '../auth/principal';
import { Problems } from '../http/openapi/problems.decorator';
import { IdParam } from '../http/validation/id.param';
import { RateLimit } from '../http/rate-limit/rate-limit.decorator';
import { PROVIDER_TIMEOUT } from './api-keys.errors';
import { ApiKeysService } from './api-keys.service';
import { KeyTestResponse } from './dto/key-test.response';
import { TestApiKeyDto } from './dto/test-api-key.dto';
import { KeyTests } from './key-tests.service';

@Controller('api-keys')
@Policy({ role: 'member', scope: 'keys:write' })
export class KeyTestsController {
  constructor(
    private readonly tests: KeyTests,
    private readonly service: ApiKeysService,
  ) {}

  @RateLimit('tests')
  @Post('test')
  @HttpCode(200)
  @ApiOperation({ summary: 'Try a key without saving it', description: 'One real call of at most 16 output tokens of the provider\'s cheapest model; where none can be called, its models are listed. 200 also when the provider refuses: `error` says why.' })
  @ApiOkResponse({ type: KeyTestResponse })
  @Problems(BUDGET_EXHAUSTED, UNSAFE_URL, PROVIDER_TIMEOUT)
  given(@Body() dto: TestApiKeyDto, @CurrentPrincipal() principal: Principal): Promise<KeyTestResponse> {
    return this.tests.given(principal, dto);
  }

  @RateLimit('tests')
  @Post(':id/test')
  @HttpCode(200)
  @ApiOperation({ summary: 'Try a saved key', description: 'As `POST /api-keys/test`; the key\'s `status` and `lastError` follow.' })
  @ApiOkResponse({ type: KeyTestResponse })
  @Problems(API_KEY_UNREADABLE, BUDGET_EXHAUSTED, UNSAFE_URL, PROVIDER_TIMEOUT)
  async saved(@IdParam() id: string, @CurrentPrincipal() principal: Principal): Promise<KeyTestResponse> {
    return this.tests.saved(principal, await this.service.visible(principal, id));
  }
}
