import { AppError } from '@app/common';
import { type CallHandler, type CustomDecorator, type ExecutionContext, Injectable, type NestInterceptor, SetMetadata } from '@nestjs/common';
import { Observable } from 'rxjs';
import { REQUEST_TIMEOUT } from '../problems/http.errors';
import { routeFact } from '../routes/route-fact';

export const REQUEST_DEADLINE_MS = 30_000;
const LONG_LIVED = 'async-coder:long-lived';

/** The route answers with a stream and may last. */
export function LongLived(): CustomDecorator {
  return SetMetadata(LONG_LIVED, true);
}

/** Nobody waits for an answer longer than 30 s. */
@Injectable()
export class DeadlineInterceptor implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    if (routeFact<boolean>(context, LONG_LIVED)) return next.handle();
    // Not by rxjs's own operator: its scheduler costs more than the timer, for each request.
    return new Observable((answer) => {
      const timer = setTimeout(() => answer.error(late()), REQUEST_DEADLINE_MS);
      answer.add(() => clearTimeout(timer));
      next.handle().subscribe(answer);
    });
  }
}

function late(): AppError {
  return new AppError(REQUEST_TIMEOUT, 'The answer took longer than 30 s. Look whether it happened before you repeat it.', { headers: { 'Retry-After': '5' } });
}
