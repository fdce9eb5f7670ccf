import { AppConfig, hmacSha256, Logger } from '@app/common';
import { IdempotencyStore, type KeyedAnswer, type KeyedCall, UnitOfWork } from '@app/domain';
import { type CallHandler, type ExecutionContext, Injectable, type NestInterceptor } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { Response } from 'express';
import { from, lastValueFrom, type Observable } from 'rxjs';
import { type HttpRequest, pathOf } from '../http-request';
import { toProblem } from '../problems/problem';
import { toAppError } from '../problems/to-app-error';
import { callHash, readKey } from './canonical';
import { IDEMPOTENT } from './idempotent.decorators';
import { ReplayedAnswer } from './replayed-answer';
import { RunningCall } from './running-call';

const KEPT_HEADERS = ['Location', 'ETag'];

/** A repeated POST gets the first one's answer, byte for byte. Runs after the guards, so a key belongs to a known caller. */
@Injectable()
export class IdempotencyInterceptor implements NestInterceptor {
  private readonly logger: Logger;
  private readonly hashKey: Buffer;

  constructor(
    private readonly reflector: Reflector,
    private readonly store: IdempotencyStore,
    private readonly unitOfWork: UnitOfWork,
    private readonly config: AppConfig,
    logger: Logger,
  ) {
    this.logger = logger.named('idempotency');
    this.hashKey = config.core.JWT_SECRET.use((secret) => hmacSha256(secret, 'bodies of keyed calls'));
  }

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const request = context.switchToHttp().getRequest<HttpRequest>();
    // Checked on every POST, so that a client with a broken key learns it everywhere.
    const key = request.method === 'POST' ? readKey(request.headers['idempotency-key']) : null;
    if (key === null || !this.reflector.get<boolean | undefined>(IDEMPOTENT, context.getHandler())) return next.handle();
    return from(this.run(this.callOf(request, key), context, next));
  }

  private async run(call: KeyedCall, context: ExecutionContext, next: CallHandler): Promise<unknown> {
    const request = context.switchToHttp().getRequest<HttpRequest>();
    // A statement that stands alone, like the others around the handler: each transaction would be three more round trips.
    const beginning = await this.store.begin(this.unitOfWork.reader, call);
    if (beginning.kind === 'replay') throw new ReplayedAnswer(beginning.answer);
    const running = new RunningCall(call, beginning.token, this.store, this.unitOfWork.reader);
    const stopRenewing = running.keepAlive();
    request.idempotentCall = running;
    let body: unknown;
    try {
      body = await lastValueFrom(next.handle(), { defaultValue: undefined });
    } catch (error) {
      await this.keepError(running, error, request);
      throw error;
    } finally {
      stopRenewing();
    }
    const response = context.switchToHttp().getResponse<Response>();
    return running.succeeded(() => answerOf(response, body), body);
  }

  /** The error itself is what the caller must learn; a failure to store it is only logged. */
  private async keepError(running: RunningCall, thrown: unknown, request: HttpRequest): Promise<void> {
    const error = toAppError(thrown);
    const problem = toProblem(error, { publicUrl: this.config.core.PUBLIC_URL, instance: pathOf(request), requestId: request.requestId });
    try {
      await running.failed(error, { status: error.kind.status, headers: { ...error.headers }, body: JSON.stringify(problem) });
    } catch (failure) {
      this.logger.warn('the answer to a keyed call could not be stored', { err: failure });
    }
  }

  private addressOf(request: HttpRequest): string {
    return this.config.core.JWT_SECRET.use((secret) => hmacSha256(secret, `idempotency ${request.ip ?? ''}`).toString('base64url'));
  }

  private callOf(request: HttpRequest, key: string): KeyedCall {
    const { principal } = request;
    return {
      scope: principal ? `u:${principal.userId}` : `ip:${this.addressOf(request)}`,
      key,
      method: request.method,
      path: pathOf(request),
      requestHash: callHash(this.hashKey, principal?.organizationId ?? null, request.body),
    };
  }
}

function answerOf(response: Response, body: unknown): KeyedAnswer {
  const headers = KEPT_HEADERS.flatMap((name) => {
    const value = response.getHeader(name);
    return typeof value === 'string' ? [[name, value] as const] : [];
  });
  return { status: response.statusCode, headers: Object.fromEntries(headers), body: body === undefined ? '' : JSON.stringify(body) };
}
