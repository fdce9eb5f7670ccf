import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { AnySchemaObject } from 'ajv';

const FILE = join('test', 'contracts', 'github', 'openapi-subset.json');

type Json = Readonly<Record<string, unknown>>;

/** GitHub's description as ajv reads it; null where the repository's sources are not at hand. */
export function readDescription(): AnySchemaObject | null {
  let folder = __dirname;
  while (!existsSync(join(folder, FILE))) {
    const above = dirname(folder);
    if (above === folder) return null;
    folder = above;
  }
  return withoutBareNullable(JSON.parse(readFileSync(join(folder, FILE), 'utf8'))) as AnySchemaObject;
}

/** JSON Schema allows `nullable` only beside a `type`: elsewhere null becomes one of the alternatives. */
function withoutBareNullable(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutBareNullable);
  if (typeof value !== 'object' || value === null) return value;
  const fields = Object.fromEntries(Object.entries(value).map(([key, part]) => [key, withoutBareNullable(part)]));
  if (fields.nullable !== true || 'type' in fields) return fields;
  const { nullable, ...rest } = fields as Json;
  return nullable ? { anyOf: [{ type: 'null' }, rest] } : rest;
}
