import { applyDecorators } from '@nestjs/common';
import { ApiProduces } from '@nestjs/swagger';

/** The route can also answer with a stream of events. */
export function ApiEventStream(): MethodDecorator {
  return applyDecorators(ApiProduces('application/json', 'text/event-stream'));
}
