import { AppConfig, notFound } from '@app/common';
import { holdsMetricsToken, metricsRegistry } from '@app/telemetry';
import { Controller, Get, Req, Res } from '@nestjs/common';
import { ApiHeader, ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import type { Response } from 'express';
import { Public } from '../../auth/auth.decorators';
import { UNAUTHENTICATED, unauthorized } from '../../auth/auth.errors';
import type { HttpRequest } from '../http-request';
import { Problems } from '../openapi/problems.decorator';
import { RateLimit } from '../rate-limit/rate-limit.decorator';

/** For Prometheus. Open to nobody but who holds the metrics token: which routes are called how often is nobody else's business. */
@RateLimit('none')
@Public()
@Controller('metrics')
export class MetricsController {
  constructor(private readonly config: AppConfig) {}

  @Get()
  @ApiOperation({ summary: 'Metrics in the text format of Prometheus', description: 'Takes `METRICS_TOKEN` of the settings as a bearer token. Without that setting it is not served here, only on the port of its own.' })
  @ApiHeader({ name: 'Authorization', required: false, description: '`Bearer` and the metrics token.', schema: { type: 'string' } })
  @ApiOkResponse({ description: 'The metrics of this process.', content: { 'text/plain': { schema: { type: 'string' }, example: 'async_coder_http_requests_in_flight 3\n' } } })
  @Problems(UNAUTHENTICATED)
  async read(@Req() request: HttpRequest, @Res() response: Response): Promise<void> {
    const { METRICS_TOKEN: token } = this.config.telemetry;
    if (token === undefined) throw notFound();
    if (!holdsMetricsToken(request.headers.authorization, token)) throw unauthorized(UNAUTHENTICATED, 'This takes the metrics token.');
    const text = await metricsRegistry.text();
    response.setHeader('Content-Type', metricsRegistry.contentType);
    response.end(text);
  }
}
