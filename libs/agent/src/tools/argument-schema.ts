/** The part of JSON Schema that our tools' parameters are written in. */
export type ArgumentSchema =
  | { readonly type: 'string'; readonly description: string; readonly enum?: readonly string[]; readonly minLength?: number; readonly maxLength?: number }
  | { readonly type: 'integer'; readonly description: string; readonly minimum: number; readonly maximum: number }
  | { readonly type: 'boolean'; readonly description: string }
  | { readonly type: 'array'; readonly description: string; readonly items: ArgumentSchema; readonly maxItems: number }
  | ObjectSchema;

export interface ObjectSchema {
  readonly type: 'object';
  readonly description?: string;
  readonly properties: Readonly<Record<string, ArgumentSchema>>;
  readonly required: readonly string[];
  readonly additionalProperties: false;
}

/** What is wrong with a call's arguments, in words for the model; empty: nothing. A null stands for an absent optional one. */
export function argumentFaults(schema: ObjectSchema, value: unknown, at = ''): string[] {
  if (!isRecord(value)) return [`${at === '' ? 'the arguments' : at} must be an object with: ${Object.keys(schema.properties).join(', ')}`];
  const missing = schema.required.filter((name) => value[name] === undefined || value[name] === null).map((name) => `"${join(at, name)}" is missing`);
  const unknown = Object.keys(value).filter((name) => !Object.hasOwn(schema.properties, name)).map((name) => `"${join(at, name)}" is not known; known: ${Object.keys(schema.properties).join(', ')}`);
  const wrong = Object.entries(schema.properties).flatMap(([name, property]) => (value[name] === undefined || value[name] === null ? [] : valueFaults(property, value[name], join(at, name))));
  return [...missing, ...unknown, ...wrong];
}

/** The arguments without nulls: what a tool gets. */
export function withoutNulls(value: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(value).filter(([, item]) => item !== null));
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function valueFaults(schema: ArgumentSchema, value: unknown, at: string): string[] {
  switch (schema.type) {
    case 'string':
      return stringFaults(schema, value, at);
    case 'integer':
      return isIntegerWithin(value, schema) ? [] : [`"${at}" must be an integer from ${schema.minimum} to ${schema.maximum}`];
    case 'boolean':
      return typeof value === 'boolean' ? [] : [`"${at}" must be true or false`];
    case 'array':
      if (!Array.isArray(value)) return [`"${at}" must be a list`];
      if (value.length > schema.maxItems) return [`"${at}" may have at most ${schema.maxItems} items`];
      return value.flatMap((item, n) => valueFaults(schema.items, item, `${at}[${n}]`));
    case 'object':
      return argumentFaults(schema, value, at);
  }
}

function isIntegerWithin(value: unknown, { minimum, maximum }: { readonly minimum: number; readonly maximum: number }): boolean {
  return typeof value === 'number' && Number.isInteger(value) && value >= minimum && value <= maximum;
}

function stringFaults(schema: Extract<ArgumentSchema, { type: 'string' }>, value: unknown, at: string): string[] {
  if (typeof value !== 'string') return [`"${at}" must be a text`];
  if (schema.enum && !schema.enum.includes(value)) return [`"${at}" must be one of: ${schema.enum.join(', ')}`];
  if (value.trim().length < (schema.minLength ?? 0)) return [`"${at}" must not be empty`];
  if (schema.maxLength !== undefined && value.length > schema.maxLength) return [`"${at}" has ${value.length} characters, at most ${schema.maxLength} are taken`];
  return [];
}

function join(at: string, name: string): string {
  return at === '' ? name : `${at}.${name}`;
}
