import { applyDecorators, type Type } from '@nestjs/common';
import { ApiExtraModels, ApiOkResponse, getSchemaPath } from '@nestjs/swagger';

/** A page of `shape`, as `PageResponse` sends it. */
export function ApiPage(shape: Type): MethodDecorator {
  return applyDecorators(
    ApiExtraModels(shape),
    ApiOkResponse({
      description: 'A page. `Link` names the next one.',
      schema: {
        type: 'object',
        required: ['data', 'nextCursor'],
        additionalProperties: false,
        properties: { data: { type: 'array', items: { $ref: getSchemaPath(shape) } }, nextCursor: { type: 'string', nullable: true } },
      },
    }),
  );
}
