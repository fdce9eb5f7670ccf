import type { InputFault } from '@app/common';
import type { ValidationError } from 'class-validator';

/** Code of each class-validator rule; a rule not named here is `invalid_value`. */
const CODES: Readonly<Record<string, string>> = {
  whitelistValidation: 'unknown_field', isDefined: 'required', isNotEmpty: 'required', minLength: 'too_short', maxLength: 'too_long', isLength: 'invalid_length', textLength: 'invalid_length',
  min: 'too_small', max: 'too_large', isPositive: 'too_small', isIn: 'not_allowed', isEnum: 'not_allowed', equals: 'not_allowed', isString: 'invalid_type', isInt: 'invalid_type', isNumber: 'invalid_type',
  isBoolean: 'invalid_type', isArray: 'invalid_type', isObject: 'invalid_type', nestedValidation: 'invalid_type', matches: 'invalid_format', isUuid: 'invalid_format', isEmail: 'invalid_format',
  isUrl: 'invalid_format', isTimestamp: 'invalid_format', isDay: 'invalid_format', isGithubId: 'invalid_format', arrayMaxSize: 'too_many', arrayMinSize: 'too_few', arrayNotEmpty: 'too_few', arrayUnique: 'duplicate', jsonBytes: 'too_long', isTimeZone: 'invalid_format', isLocale: 'invalid_format',
};
/** Of several faults of one field the first of these is the one to tell. */
const ORDER = ['whitelistValidation', 'isDefined', 'isString', 'isInt', 'isNumber', 'isBoolean', 'isArray', 'isObject', 'nestedValidation'];
const MOST_FAULTS = 50;

/** One fault per wrong field, with its JSON pointer. */
export function inputFaults(errors: readonly ValidationError[]): InputFault[] {
  return errors.flatMap((error) => faultsOf(error, '')).slice(0, MOST_FAULTS);
}

/** A part of a JSON pointer, as RFC 6901 writes it. */
export function pointerPart(name: string): string {
  return name.replaceAll('~', '~0').replaceAll('/', '~1');
}

function faultsOf(error: ValidationError, parent: string): InputFault[] {
  const pointer = `${parent}/${pointerPart(error.property)}`;
  const own = error.constraints ? [faultOf(error, error.constraints, pointer)] : [];
  return [...own, ...(error.children ?? []).flatMap((child) => faultsOf(child, pointer))];
}

function faultOf(error: ValidationError, constraints: Readonly<Record<string, string>>, pointer: string): InputFault {
  const names = Object.keys(constraints);
  const name = ORDER.find((candidate) => names.includes(candidate)) ?? names[0] ?? '';
  if (name === 'whitelistValidation') return { pointer, code: 'unknown_field', detail: `${error.property} is not known here` };
  if (error.value === undefined) return { pointer, code: 'required', detail: `${error.property} is required` };
  return { pointer, code: CODES[name] ?? 'invalid_value', detail: constraints[name] ?? 'is not valid' };
}
