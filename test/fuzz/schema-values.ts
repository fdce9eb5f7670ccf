import fc, { type Arbitrary } from 'fast-check';
import type { JsonSchema, OpenApi } from '../support/contract';
import { NAUGHTY } from './constants';
import type { IdOf } from './plan';

/** Where ids and tokens named so come from: the path that lists such things, or answers that held such a field. */
const ID_PLACES: Readonly<Record<string, string>> = {
  repositoryId: '/api/v1/repositories', taskId: '/api/v1/tasks', parentTaskId: '/api/v1/tasks', apiKeyId: '/api/v1/api-keys', organizationId: '/api/v1/organizations', userId: '/api/v1/admin/users', ownerId: '/api/v1/admin/users',
  refreshToken: 'refreshToken', token: 'token', inviteToken: 'token',
};
const MOST_DEPTH = 6;
/** Any UTF-16 unit: fast-check's own "binary" takes seconds to prepare. */
export const ANY_UNIT = fc.integer({ min: 0, max: 0xffff }).map((unit) => String.fromCharCode(unit));

/** Values that a schema allows, near its edges as often as in the middle. */
export class SchemaValues {
  constructor(private readonly document: OpenApi) {}

  valid(schema: JsonSchema, name = '', depth = 0): Arbitrary<unknown> {
    const resolved = this.resolve(schema);
    const choices = (resolved['anyOf'] ?? resolved['oneOf']) as readonly JsonSchema[] | undefined;
    if (choices) return fc.oneof(...choices.map((choice) => this.valid(choice, name, depth)));
    if (resolved['allOf']) return fc.tuple(...(resolved['allOf'] as readonly JsonSchema[]).map((part) => this.valid(part, name, depth))).map((parts) => Object.assign({}, ...parts) as object);
    if (Array.isArray(resolved['enum'])) return fc.constantFrom(...(resolved['enum'] as unknown[]));
    if ('const' in resolved) return fc.constant(resolved['const']);
    const types = (Array.isArray(resolved['type']) ? resolved['type'] : [resolved['type'] ?? 'object']) as string[];
    return fc.oneof(...types.map((type) => ({ arbitrary: this.ofType(type, resolved, name, depth), weight: type === 'null' ? 1 : 5 })));
  }

  private ofType(type: string, schema: JsonSchema, name: string, depth: number): Arbitrary<unknown> {
    if (type === 'null') return fc.constant(null);
    if (type === 'boolean') return fc.boolean();
    if (type === 'integer') return integer(schema);
    if (type === 'number') return fc.oneof(integer(schema), fc.constantFrom(0.000001, 14.9, 1, 50, 1e6).filter((value) => value >= bound(schema, 'minimum', -Infinity)));
    if (type === 'string') return text(schema, name);
    if (type === 'array') return this.list(schema, name, depth);
    return this.object(schema, depth);
  }

  private list(schema: JsonSchema, name: string, depth: number): Arbitrary<unknown> {
    const least = bound(schema, 'minItems', 0);
    if (depth > MOST_DEPTH) return fc.constant([]);
    const items = this.valid((schema['items'] ?? {}) as JsonSchema, name.replace(/s$/, ''), depth + 1);
    return fc.uniqueArray(items, { minLength: least, maxLength: Math.min(bound(schema, 'maxItems', 4), 4), selector: (item) => JSON.stringify(item) });
  }

  private object(schema: JsonSchema, depth: number): Arbitrary<unknown> {
    const properties = Object.entries((schema['properties'] ?? {}) as Record<string, JsonSchema>);
    const required = new Set((schema['required'] ?? []) as string[]);
    if (properties.length === 0) return depth > MOST_DEPTH || schema['additionalProperties'] === false ? fc.constant({}) : fc.dictionary(fc.string({ maxLength: 10 }), fc.string({ maxLength: 20 }), { maxKeys: 3 });
    const fields = properties.map(([name, field]) => {
      const value = this.valid(field, name, depth + 1).map((one) => [[name, one]] as const);
      return required.has(name) ? value : fc.oneof({ arbitrary: value, weight: 2 }, { arbitrary: fc.constant([]), weight: 3 });
    });
    return fc.tuple(...fields).map((parts) => Object.fromEntries(parts.flat()) as object);
  }

  private resolve(schema: JsonSchema): JsonSchema {
    const reference = schema['$ref'];
    return typeof reference === 'string' ? (this.document.components.schemas[reference.replace('#/components/schemas/', '')] ?? {}) : schema;
  }
}

function integer(schema: JsonSchema): Arbitrary<number> {
  const min = bound(schema, 'minimum', 0);
  const max = bound(schema, 'maximum', Math.max(min + 1_000, 1_000));
  return fc.oneof(fc.constantFrom(min, max), fc.integer({ min: Math.ceil(min), max: Math.floor(max) }));
}

function text(schema: JsonSchema, name: string): Arbitrary<unknown> {
  const place = ID_PLACES[name];
  if (place) return idOf(place);
  if (schema['format'] === 'uuid') return fc.uuid({ version: 7 });
  if (schema['format'] === 'date-time') return fc.date({ min: new Date('2026-01-01'), max: new Date('2030-01-01'), noInvalidDate: true }).map((date) => date.toISOString());
  if (schema['format'] === 'date') return fc.date({ min: new Date('2026-01-01'), max: new Date('2030-01-01'), noInvalidDate: true }).map((date) => date.toISOString().slice(0, 10));
  if (schema['format'] === 'email') return fc.integer({ min: 0, max: 1e9 }).map((n) => `fuzz-${n}@example.com`);
  if (schema['format'] === 'uri') return fc.constantFrom('https://example.com/hook', 'http://127.0.0.1:9/', 'https://192.0.2.1/x');
  if (typeof schema['pattern'] === 'string') return fc.stringMatching(new RegExp(schema['pattern'], 'u')).map((value) => value.slice(0, bound(schema, 'maxLength', 300)));
  const least = bound(schema, 'minLength', 0);
  const most = bound(schema, 'maxLength', 300);
  const example = schema['example'];
  const naughty = NAUGHTY.filter((one) => [...one].length >= least && [...one].length <= most && !/[\0\p{Cs}]/u.test(one) && one.trim() !== '');
  return fc.oneof(
    { weight: 4, arbitrary: typeof example === 'string' ? fc.constant(example) : fc.string({ minLength: least, maxLength: Math.min(most, least + 30), unit: 'grapheme-ascii' }) },
    { weight: 2, arbitrary: fc.constantFrom(...naughty) },
    { weight: 1, arbitrary: fc.string({ minLength: least, maxLength: Math.min(most, least + 20), unit: ANY_UNIT }).filter((value) => !/[\0\p{Cs}]/u.test(value)) },
    { weight: 1, arbitrary: fc.constantFrom(least, Math.min(most, 2_000)).map((length) => 'x'.repeat(length)) },
  );
}

export function idOf(place: string): Arbitrary<IdOf> {
  return fc.nat(10_000).map((pick) => ({ $idOf: place, pick }));
}

function bound(schema: JsonSchema, name: string, otherwise: number): number {
  const value = schema[name];
  return typeof value === 'number' ? value : otherwise;
}
