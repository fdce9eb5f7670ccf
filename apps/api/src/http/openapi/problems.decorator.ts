import type { ErrorKind } from '@app/common';
import { ApiExtension } from '@nestjs/swagger';

/** Where the decorator leaves its codes; the document turns them into answers and takes the extension away. */
export const PROBLEM_CODES = 'x-problem-codes';

/** Error codes of this very operation, beside those that its kind of operation may answer with. Shown in the API's document, one example each. */
export function Problems(...kinds: readonly ErrorKind[]): MethodDecorator {
  return ApiExtension(PROBLEM_CODES, kinds.map(({ code }) => code)) as MethodDecorator;
}
