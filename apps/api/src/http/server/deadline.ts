import { AppError } from '@app/common';
import { type CallHandler, type CustomDecorator, type ExecutionContext, Injectable, type NestInterceptor, SetMetadata } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { type Observable, throwError, timeout } from 'rxjs';
import { REQUEST_TIMEOUT } from '../problems/http.errors';

export const REQUEST_DEADLINE_MS = 30_000;
const LONG_LIVED = 'async-coder:long-lived';

/** The route answers with a stream and may last. */
export function LongLived(): CustomDecorator {
  return SetMetadata(LONG_LIVED, true);
}

/** Nobody waits for an answer longer than 30 s. */
@Injectable()
export class DeadlineInterceptor implements NestInterceptor {
  constructor(private readonly reflector: Reflector) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    if (this.reflector.getAllAndOverride<boolean | undefined>(LONG_LIVED, [context.getHandler(), context.getClass()])) return next.handle();
    const late = () => throwError(() => new AppError(REQUEST_TIMEOUT, 'The answer took longer than 30 s. Look whether it happened before you repeat it.', { headers: { 'Retry-After': '5' } }));
    return next.handle().pipe(timeout({ each: REQUEST_DEADLINE_MS, with: late }));
  }
}
