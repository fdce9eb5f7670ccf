import type { ErrorKind } from '@app/common';
import { applyDecorators } from '@nestjs/common';
import { ApiResponse } from '@nestjs/swagger';

/** Error codes of this very operation, beside those that every operation may answer with. Shown in the API's document, one example each. */
export function Problems(...kinds: readonly ErrorKind[]): MethodDecorator {
  const statuses = [...new Set(kinds.map(({ status }) => status))];
  return applyDecorators(...statuses.map((status) => ofStatus(status, kinds.filter((kind) => kind.status === status))));
}

function ofStatus(status: number, kinds: readonly ErrorKind[]): MethodDecorator {
  const examples = Object.fromEntries(kinds.map(({ code, title }) => [code, { summary: title, value: { title, status, code } }]));
  return ApiResponse({
    status,
    description: kinds.map(({ code, title }) => `\`${code}\`: ${title}`).join(' · '),
    content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' }, examples } },
  });
}
