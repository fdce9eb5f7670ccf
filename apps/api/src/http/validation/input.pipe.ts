import { AppError, INVALID_PARAMETER, type InputFault, validationFailed } from '@app/common';
import { type ArgumentMetadata, Injectable, ValidationPipe } from '@nestjs/common';
import type { ValidationError } from 'class-validator';
import { inputFaults } from './input-faults';

/** Carries the faults out of Nest's pipe, which does not say where the value came from. */
class Faults extends Error {
  constructor(readonly errors: readonly ValidationError[]) {
    super('input faults');
  }
}

/** The one validation of the edge: unknown fields are refused; a body's faults are 422 with pointers, a query's or path's are 400. */
@Injectable()
export class InputPipe extends ValidationPipe {
  constructor() {
    super({ whitelist: true, forbidNonWhitelisted: true, transform: true, exceptionFactory: (errors: ValidationError[]) => new Faults(errors), validationError: { target: false } });
  }

  override async transform(value: unknown, metadata: ArgumentMetadata): Promise<unknown> {
    // Only inputs: the caller, the request and so on come from us.
    if (metadata.type === 'custom') return value;
    if (metadata.type === 'body' && Array.isArray(value)) throw validationFailed([{ pointer: '', code: 'invalid_type', detail: 'the body must be an object' }]);
    try {
      return (await super.transform(value, metadata)) as unknown;
    } catch (error) {
      if (!(error instanceof Faults)) throw error;
      const faults = inputFaults(error.errors);
      throw metadata.type === 'body' ? validationFailed(faults) : invalidParameters(faults);
    }
  }
}

function invalidParameters(faults: readonly InputFault[]): AppError {
  const errors = faults.map(({ pointer, code, detail }) => ({ pointer: '', parameter: pointer.slice(1), code: code === 'unknown_field' ? 'invalid_parameter' : code, detail }));
  const first = errors[0];
  return new AppError(INVALID_PARAMETER, first ? `${first.parameter}: ${first.detail}` : 'a parameter is not valid', { errors });
}
