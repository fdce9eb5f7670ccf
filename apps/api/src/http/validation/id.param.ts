import { invalidParameter, isId } from '@app/common';
import { Param, type PipeTransform } from '@nestjs/common';

/** Refuses a path id that is not a uuid (400), so that no store sees it. */
class IdPipe implements PipeTransform<string, string> {
  constructor(private readonly name: string) {}

  transform(value: string): string {
    if (!isId(value)) throw invalidParameter(this.name, 'invalid_format', 'must be a uuid');
    return value.toLowerCase();
  }
}

/** A uuid in the path. */
export function IdParam(name = 'id'): ParameterDecorator {
  return Param(name, new IdPipe(name));
}
