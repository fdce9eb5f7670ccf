import { SAMPLE_BY_NAME } from './sample-texts';

/** As much of JSON Schema as our document uses. */
export interface Schema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly allOf?: readonly Schema[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly example?: unknown;
  readonly examples?: readonly unknown[];
  readonly default?: unknown;
  readonly format?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minItems?: number;
  readonly additionalProperties?: boolean | Schema;
}

export type Schemas = Readonly<Record<string, unknown>>;

const BY_FORMAT: Readonly<Record<string, string>> = {
  'date-time': '2026-11-23T08:00:00.000Z', date: '2026-11-23', email: 'ada@example.com', uri: 'https://example.com/', ipv4: '203.0.113.7', binary: '…',
};
const MOST_DEPTH = 8;

/** Makes an example from a schema: what the fields say themselves first, then what their names usually hold. */
export class Samples {
  constructor(private readonly schemas: Schemas) {}

  /** Every field, as an answer has it. */
  answer(schema: Schema): unknown {
    return this.value(schema, '', { depth: 0, optional: () => true });
  }

  /** What a request must have, and what its fields give an example for. */
  request(schema: Schema): unknown {
    return this.value(schema, '', { depth: 0, optional: (field) => field.example !== undefined });
  }

  private value(schema: Schema, name: string, how: { depth: number; optional: (field: Schema) => boolean }): unknown {
    const resolved = this.resolve(schema);
    const given = givenBy(resolved);
    if (given !== undefined) return given;
    const deeper = { ...how, depth: how.depth + 1 };
    const choice = (resolved.anyOf ?? resolved.oneOf)?.find((one) => one.type !== 'null');
    if (choice) return this.value(choice, name, how);
    if (resolved.allOf) return Object.assign({}, ...resolved.allOf.map((part) => this.value(part, name, how))) as object;
    const type = typeOf(resolved);
    if (type === 'object') return this.object(resolved, deeper);
    if (type === 'array') return this.listFor(resolved, name) ?? (resolved.items && how.depth < MOST_DEPTH ? [this.value(resolved.items, name.replace(/s$/, ''), deeper)] : []);
    return scalar(resolved, type, name);
  }

  private object(schema: Schema, how: { depth: number; optional: (field: Schema) => boolean }): object {
    if (how.depth > MOST_DEPTH) return {};
    const required = new Set(schema.required ?? []);
    const fields = Object.entries(schema.properties ?? {}).filter(([name, field]) => required.has(name) || how.optional(this.resolve(field)));
    return Object.fromEntries(fields.map(([name, field]) => [name, this.value(field, name, how)]));
  }

  /** Texts that a list of this name usually holds; a list of objects is none of them. */
  private listFor({ items }: Schema, name: string): unknown[] | undefined {
    const known = SAMPLE_BY_NAME[name];
    return Array.isArray(known) && (items === undefined || typeOf(this.resolve(items)) !== 'object' || typeof known[0] === 'object') ? known : undefined;
  }

  private resolve(schema: Schema): Schema {
    if (schema.$ref === undefined) return schema;
    const found = this.schemas[schema.$ref.replace('#/components/schemas/', '')] as Schema | undefined;
    if (!found) throw new Error(`${schema.$ref} is not in the document`);
    return found;
  }
}

function givenBy(schema: Schema): unknown {
  if (schema.example !== undefined) return schema.example;
  if (schema.examples?.[0] !== undefined) return schema.examples[0];
  return schema.const ?? schema.enum?.find((one) => one !== null) ?? schema.default;
}

function typeOf(schema: Schema): string {
  const types = Array.isArray(schema.type) ? (schema.type as readonly string[]) : [schema.type as string | undefined];
  return types.find((type) => type !== undefined && type !== 'null') ?? 'object';
}

function scalar(schema: Schema, type: string, name: string): unknown {
  const known = SAMPLE_BY_NAME[name];
  if (type === 'boolean') return /^(is|has|allow|require|auto|create|draft)|(ed|able)$/.test(name);
  if (type === 'integer' || type === 'number') return typeof known === 'number' && fits(schema, known) ? known : Math.max(schema.minimum ?? 1, 0);
  if (schema.format === 'uuid') return idFor(name);
  const byFormat = schema.format === undefined ? undefined : BY_FORMAT[schema.format];
  return byFormat ?? (typeof known === 'string' ? known : 'text').padEnd(schema.minLength ?? 0, 'x').slice(0, schema.maxLength);
}

function fits({ minimum = -Infinity, maximum = Infinity, type }: Schema, value: number): boolean {
  return value >= minimum && value <= maximum && (type === 'number' || Number.isInteger(value));
}

/** The same name has the same id everywhere in the document. */
function idFor(name: string): string {
  const sum = [...name].reduce((total, letter) => (total * 31 + (letter.codePointAt(0) ?? 0)) % 0xffff, 7);
  return `0199e2a4-6b1c-7c3e-9a55-2f6d1c0e${sum.toString(16).padStart(4, '0')}`;
}
