import { applyDecorators, createParamDecorator, SetMetadata, type ExecutionContext } from '@nestjs/common';
import { ApiExtension } from '@nestjs/swagger';
import type { HttpRequest } from '../http-request';
import type { IdempotentCall } from './idempotent-call';

export const IDEMPOTENT = 'async-coder:idempotent';
/** Tells the API's document; it does not appear there. */
export const IDEMPOTENT_EXTENSION = 'x-idempotent';

/** The route honours Idempotency-Key: a repeated call gets the first answer, byte for byte. */
export function Idempotent(): MethodDecorator {
  return applyDecorators(SetMetadata(IDEMPOTENT, true), ApiExtension(IDEMPOTENT_EXTENSION, true));
}

/** The call's key, or null when the caller sent none. */
export const CurrentIdempotentCall = createParamDecorator(
  (_: unknown, context: ExecutionContext): IdempotentCall | null => context.switchToHttp().getRequest<HttpRequest>().idempotentCall ?? null,
);
