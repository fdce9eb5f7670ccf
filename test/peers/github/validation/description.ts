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
  return readable(JSON.parse(readFileSync(join(folder, FILE), 'utf8'))) as AnySchemaObject;
}

/** Rewrites what ajv would refuse, and the one place where GitHub's description contradicts its answers. */
function readable(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(readable);
  if (typeof value !== 'object' || value === null) return value;
  return withoutBareNullable(nullAmongValues(oneAccount(Object.fromEntries(Object.entries(value).map(([key, part]) => [key, readable(part)])))));
}

/** JSON Schema allows `nullable` only beside a `type`: elsewhere null becomes one of the alternatives. */
function withoutBareNullable(fields: Json): Json {
  if (fields.nullable !== true || 'type' in fields) return fields;
  return { anyOf: [{ type: 'null' }, Object.fromEntries(Object.entries(fields).filter(([key]) => key !== 'nullable'))] };
}

/** Where null is allowed, it is one of the values that are allowed. */
function nullAmongValues(fields: Json): Json {
  const { nullable, enum: values } = fields;
  return nullable === true && Array.isArray(values) && !values.includes(null) ? { ...fields, enum: [...(values as unknown[]), null] } : fields;
}

/** The list of installations calls an account a user and an enterprise at once; it is one of them, as in the description of a single installation. */
function oneAccount(fields: Json): Json {
  const { allOf, ...rest } = fields;
  const isBoth = Array.isArray(allOf) && allOf.map((part: { title?: unknown }) => part.title).join() === 'Simple User,Enterprise';
  return isBoth ? { ...rest, anyOf: allOf as unknown[] } : fields;
}
