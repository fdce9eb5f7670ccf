import type { Logger } from '../logging/logger';
import type { LoggerService } from '@nestjs/common';

/** Nest's own messages in our log. Its boot chatter is of use to nobody in production: debug. */
export class NestLogger implements LoggerService {
  constructor(private readonly logger: Logger) {}

  log(message: unknown, ...rest: unknown[]): void {
    this.logger.debug(text(message), { context: rest.at(-1) });
  }

  debug(message: unknown, ...rest: unknown[]): void {
    this.logger.debug(text(message), { context: rest.at(-1) });
  }

  warn(message: unknown, ...rest: unknown[]): void {
    this.logger.warn(text(message), { context: rest.at(-1) });
  }

  error(message: unknown, ...rest: unknown[]): void {
    this.logger.error(text(message), { err: message instanceof Error ? message : undefined, stack: rest.length > 1 ? rest[0] : undefined, context: rest.at(-1) });
  }
}

function text(message: unknown): string {
  if (message instanceof Error) return message.message;
  return typeof message === 'string' ? message : JSON.stringify(message);
}
