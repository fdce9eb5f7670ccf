// Rules that class-validator lacks or has wrongly, for bodies and queries.
import { applyDecorators } from '@nestjs/common';
import { Transform } from 'class-transformer';
import { IsInt, Max, Min, ValidateBy, ValidateIf, type ValidationOptions } from 'class-validator';

const TIMESTAMP = /^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2}):(\d{2})(?:\.\d{1,9})?(?:Z|[+-](\d{2}):(\d{2}))$/;
const DAY = /^(\d{4})-(\d{2})-(\d{2})$/;
const DECIMAL = /^-?\d{1,15}$/;

/** For fields that are never empty: absent is not checked, null is refused. */
export function WhenSent(): PropertyDecorator {
  return ValidateIf((_, value) => value !== undefined);
}

/** An integer of a query: decimal digits only, within the bounds. */
export function QueryInt(min: number, max: number): PropertyDecorator {
  return applyDecorators(
    Transform(({ value }: { value: unknown }) => (typeof value === 'string' && DECIMAL.test(value) ? Number(value) : value)),
    IsInt(),
    Min(min),
    Max(max),
  );
}

/** `true` or `false` of a query. */
export function QueryBoolean(): PropertyDecorator {
  return Transform(({ value }: { value: unknown }) => (value === 'true' ? true : value === 'false' ? false : value));
}

/** Comma-separated words of a query, as a list. */
export function QueryList(): PropertyDecorator {
  return Transform(({ value }: { value: unknown }) => (typeof value === 'string' ? value.split(',').filter(Boolean) : value));
}

/** An RFC 3339 time with an offset, on a day that exists (30 February does not), between the years 2000 and 9999. */
export function IsTimestamp(options?: ValidationOptions): PropertyDecorator {
  return rule('isTimestamp', '$property must be an RFC 3339 time with offset, such as 2026-11-23T08:00:00Z', isTimestamp, options);
}

/** A calendar day, YYYY-MM-DD. */
export function IsDay(options?: ValidationOptions): PropertyDecorator {
  return rule('isDay', '$property must be a day, such as 2026-11-23', isDay, options);
}

/** A GitHub id: a decimal text, as such numbers may pass 2^53. */
export function IsGithubId(options?: ValidationOptions): PropertyDecorator {
  return rule('isGithubId', '$property must be a decimal id as text', (value) => typeof value === 'string' && /^[1-9]\d{0,17}$/.test(value), options);
}

/** Longest text in characters as PostgreSQL counts them, not in UTF-16 units. */
export function TextLength(min: number, max: number, options?: ValidationOptions): PropertyDecorator {
  const fits = (value: unknown): boolean => {
    if (typeof value !== 'string' || value.length > max * 2) return false;
    const { length } = [...value];
    return length >= min && length <= max;
  };
  return rule('textLength', `$property must be a text of ${min} to ${max} characters`, fits, options);
}

/** An object or list whose JSON takes at most so many bytes. */
export function JsonBytes(max: number, options?: ValidationOptions): PropertyDecorator {
  return rule('jsonBytes', `$property must take at most ${max} bytes as JSON`, (value) => Buffer.byteLength(JSON.stringify(value) ?? '') <= max, options);
}

/** Whether the day exists in the calendar. */
export function isRealDay(year: number, month: number, day: number): boolean {
  const date = new Date(Date.UTC(year, month - 1, day));
  return year >= 2000 && date.getUTCFullYear() === year && date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
}

export function isTimestamp(value: unknown): boolean {
  const match = typeof value === 'string' ? TIMESTAMP.exec(value) : null;
  if (!match) return false;
  const [year, month, day, hour, minute, second, offsetHour, offsetMinute] = match.slice(1).map((part) => Number(part ?? 0)) as [number, number, number, number, number, number, number, number];
  return isRealDay(year, month, day) && hour < 24 && minute < 60 && second < 60 && offsetHour < 15 && offsetMinute < 60;
}

export function isDay(value: unknown): boolean {
  const match = typeof value === 'string' ? DAY.exec(value) : null;
  return match !== null && isRealDay(Number(match[1]), Number(match[2]), Number(match[3]));
}

function rule(name: string, message: string, validate: (value: unknown) => boolean, options?: ValidationOptions): PropertyDecorator {
  return ValidateBy({ name, validator: { validate: (value: unknown) => validate(value), defaultMessage: () => message } }, options);
}
