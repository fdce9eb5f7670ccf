import { AppConfig, type AppError, Logger } from '@app/common';
import { reportFault } from '@app/telemetry';
import { type ArgumentsHost, Catch, type ExceptionFilter, NotFoundException } from '@nestjs/common';
import type { Response } from 'express';
import { type HttpRequest, pathOf } from '../http-request';
import { ReplayedAnswer } from '../idempotency/replayed-answer';
import { RateLimits } from '../rate-limit/rate-limits';
import { RouteTable } from '../routes/route-table';
import { toProblem } from './problem';
import { methodNotAllowed, toAppError } from './to-app-error';

export const PROBLEM_TYPE = 'application/problem+json; charset=utf-8';

/** The one place that turns errors into answers. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  constructor(
    private readonly config: AppConfig,
    private readonly routes: RouteTable,
    private readonly limits: RateLimits,
    private readonly logger: Logger,
  ) {}

  catch(thrown: unknown, host: ArgumentsHost): void {
    const request = host.switchToHttp().getRequest<HttpRequest>();
    const response = host.switchToHttp().getResponse<Response>();
    if (thrown instanceof ReplayedAnswer) {
      replay(response, thrown);
      return;
    }
    const error = this.known(thrown, request);
    if (request.isCounted === true || response.headersSent || error.kind.status >= 500) this.answer(error, request, response);
    else void this.countFailure(error, request, response);
  }

  /** What failed before it was counted (no such path, an unreadable body, a bad token) counts too; beyond the limit that is the answer. */
  private async countFailure(error: AppError, request: HttpRequest, response: Response): Promise<void> {
    try {
      await this.limits.countPrincipal(request, response, request.rateLimitGroup ?? 'default');
      this.answer(error, request, response);
    } catch (refusal) {
      this.answer(toAppError(refusal), request, response);
    }
  }

  private answer(error: AppError, request: HttpRequest, response: Response): void {
    this.log(error);
    if (response.headersSent) {
      // A stream that broke: the client must not take what came so far for the whole.
      response.destroy();
      return;
    }
    const body = JSON.stringify(toProblem(error, { publicUrl: this.config.core.PUBLIC_URL, instance: pathOf(request), requestId: request.requestId }));
    for (const name of ['ETag', 'Content-Disposition', 'Location']) response.removeHeader(name);
    for (const [name, value] of Object.entries(error.headers)) response.setHeader(name, value);
    response.setHeader('Cache-Control', 'no-store');
    response.status(error.kind.status).type(PROBLEM_TYPE).send(body);
  }

  private known(thrown: unknown, request: HttpRequest): AppError {
    // Only the router throws Nest's own; ours is an AppError.
    const allow = thrown instanceof NotFoundException ? this.routes.methodsOf(pathOf(request)) : [];
    return allow.length > 0 ? methodNotAllowed(allow) : toAppError(thrown);
  }

  private log(error: AppError): void {
    if (error.kind.level === 'debug' || error.kind.level === 'info') return;
    this.logger[error.kind.level]('request failed', { code: error.code, err: error.cause ?? error });
    if (error.kind.level === 'error') reportFault(error.cause ?? error, 'http', { code: error.code });
  }
}

function replay(response: Response, { answer }: ReplayedAnswer): void {
  for (const [name, value] of Object.entries(answer.headers)) response.setHeader(name, value);
  response.setHeader('Idempotency-Replayed', 'true');
  response.status(answer.status);
  if (answer.body === '') response.end();
  else response.type(answer.status >= 400 ? PROBLEM_TYPE : 'application/json; charset=utf-8').send(answer.body);
}
