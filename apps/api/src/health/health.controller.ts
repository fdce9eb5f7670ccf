import { AppConfig, AppError, NOT_READY } from '@app/common';
import { Controller, Get, HttpException } from '@nestjs/common';
import { ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import { HealthCheckService, type HealthCheckResult } from '@nestjs/terminus';
import { Public } from '../auth/auth.decorators';
import { RateLimit } from '../http/rate-limit/rate-limit.decorator';
import { Problems } from '../http/openapi/problems.decorator';
import { LiveResponse, ReadyResponse, VersionResponse } from './dto/health.response';
import { HealthChecks } from './health-checks';
import { ProcessState } from './process-state';

@RateLimit('none')
@Public()
@Controller()
export class HealthController {
  constructor(
    private readonly health: HealthCheckService,
    private readonly checks: HealthChecks,
    private readonly state: ProcessState,
    private readonly config: AppConfig,
  ) {}

  @Get('health/live')
  @ApiOperation({ summary: 'Whether the process answers; asks nothing else' })
  @ApiOkResponse({ type: LiveResponse })
  live(): LiveResponse {
    return { status: 'ok' };
  }

  @Get('health/startup')
  @ApiOperation({ summary: 'Whether the process has started, and the database has the migrations of this build' })
  @ApiOkResponse({ type: LiveResponse })
  @Problems(NOT_READY)
  async startup(): Promise<LiveResponse> {
    if (!this.state.isStarted) throw new AppError(NOT_READY, 'The process is starting.');
    if (!(await this.checks.schemaIsComplete())) throw new AppError(NOT_READY, 'The database lacks migrations of this build.', { headers: { 'Retry-After': '5' } });
    return { status: 'ok' };
  }

  @Get('health/ready')
  @ApiOperation({ summary: 'Whether the process wants requests: PostgreSQL, migrations, not draining; without wake-ups it is degraded' })
  @ApiOkResponse({ type: ReadyResponse })
  @Problems(NOT_READY)
  async ready(): Promise<ReadyResponse> {
    try {
      const result = await this.health.check([() => this.checks.lifecycle(), () => this.checks.postgres(), () => this.checks.migrations(), () => this.checks.wakeUps()]);
      return { status: result.status === 'degraded' ? 'degraded' : 'ok', checks: result.details };
    } catch (error) {
      throw notReady(error);
    }
  }

  @Get('version')
  @ApiOperation({ summary: 'What runs here' })
  @ApiOkResponse({ type: VersionResponse })
  version(): VersionResponse {
    return { version: this.config.core.APP_VERSION, commit: this.config.core.APP_COMMIT, apiVersion: 'v1' };
  }
}

/** Terminus throws its findings; which checks fail is what the caller wants to know. */
function notReady(error: unknown): unknown {
  if (!(error instanceof HttpException)) return error;
  const { error: failing = {}, details } = error.getResponse() as HealthCheckResult;
  return new AppError(NOT_READY, `Failing: ${Object.keys(failing).join(', ') || 'unknown'}.`, { members: { checks: details }, headers: { 'Retry-After': '5' } });
}
