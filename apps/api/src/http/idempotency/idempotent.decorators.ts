import { createParamDecorator, SetMetadata, type CustomDecorator, type ExecutionContext } from '@nestjs/common';
import type { HttpRequest } from '../http-request';
import type { IdempotentCall } from './idempotent-call';

export const IDEMPOTENT = 'async-coder:idempotent';

/** The route honours Idempotency-Key: a repeated call gets the first answer, byte for byte. */
export function Idempotent(): CustomDecorator {
  return SetMetadata(IDEMPOTENT, true);
}

/** The call's key, or null when the caller sent none. */
export const CurrentIdempotentCall = createParamDecorator(
  (_: unknown, context: ExecutionContext): IdempotentCall | null => context.switchToHttp().getRequest<HttpRequest>().idempotentCall ?? null,
);
