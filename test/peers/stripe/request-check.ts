// Requests against schemas made from stripe-node's own parameter types.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';
import { parse } from 'qs';
import { ApiError } from './api-error';

const DEPTH = 12;
const ITEMS = 100;
const FOLDERS = [join(__dirname, '../../contracts/stripe'), join(process.cwd(), 'test/contracts/stripe')];

let schemas: Readonly<Record<string, object>> | undefined;
const checks = new Map<string, ValidateFunction>();
const ajv = new Ajv({ strict: false, coerceTypes: true, allErrors: true });

/** A form, or a query, with nested keys and lists. */
export function decode(text: string): Record<string, unknown> {
  return parse(text, { depth: DEPTH, arrayLimit: ITEMS, parameterLimit: 2_000 });
}

/** Turns texts into what their parameters are, in place. @throws {ApiError} as Stripe refuses what it does not know */
export function checkParams(schema: string, params: Record<string, unknown>): void {
  const check = checkOf(schema);
  if (check(params)) return;
  const errors = check.errors ?? [];
  const fault = errors.find(({ keyword }) => keyword === 'additionalProperties') ?? errors.find(({ keyword }) => keyword === 'required') ?? errors[0];
  throw refusal(fault);
}

function refusal(fault: ErrorObject | undefined): ApiError {
  const path = (fault?.instancePath ?? '').split('/').filter(Boolean);
  const named = (name: unknown): string => [...path, String(name)].map((part, index) => (index === 0 ? part : `[${part}]`)).join('');
  if (fault?.keyword === 'additionalProperties') {
    const param = named(fault.params['additionalProperty']);
    return new ApiError(400, 'invalid_request_error', `Received unknown parameter: ${param}`, { code: 'parameter_unknown', param });
  }
  if (fault?.keyword === 'required') {
    const param = named(fault.params['missingProperty']);
    return new ApiError(400, 'invalid_request_error', `Missing required param: ${param}.`, { code: 'parameter_missing', param });
  }
  const param = path.map((part, index) => (index === 0 ? part : `[${part}]`)).join('');
  return new ApiError(400, 'invalid_request_error', `Invalid ${param}: ${fault?.message ?? 'not valid'}`, { param });
}

function checkOf(name: string): ValidateFunction {
  schemas ??= read();
  const schema = schemas[name];
  if (!schema) throw new Error(`test/contracts/stripe knows no ${name}`);
  const known = checks.get(name) ?? ajv.compile(schema);
  checks.set(name, known);
  return known;
}

function read(): Readonly<Record<string, object>> {
  for (const folder of FOLDERS) {
    try {
      return JSON.parse(readFileSync(join(folder, 'request-schemas.json'), 'utf8')) as Record<string, object>;
    } catch {
      continue;
    }
  }
  throw new Error('test/contracts/stripe/request-schemas.json was not found');
}
