import type { INestApplication } from '@nestjs/common';
import { DiscoveryService, MetadataScanner } from '@nestjs/core';
import { getMetadataStorage } from 'class-validator';

type Field = { type?: string | string[]; enum?: unknown[]; $ref?: string; allOf?: unknown[] } & Record<string, unknown>;
type Metadata = { readonly propertyName: string; readonly name?: string };
/** What class-validator knows, by class; its storage has no public way to list the classes. */
type Storage = { readonly validationMetadatas: ReadonlyMap<unknown, unknown> };

/** In a body null counts as not sent wherever a field is optional. That is how class-validator means it, so the document says it too. */
export function allowNulls(app: INestApplication, schemas: Readonly<Record<string, unknown>>): void {
  const storage = getMetadataStorage();
  for (const target of new Set([...(storage as unknown as Storage).validationMetadatas.keys(), ...inputClasses(app)])) {
    if (typeof target !== 'function') continue;
    const schema = schemas[target.name] as { properties?: Record<string, Field> } | undefined;
    if (!schema?.properties) continue;
    const known = storage.getTargetValidationMetadatas(target, '', false, false) as readonly Metadata[];
    const optional = new Set(known.filter(({ name }) => name === 'isOptional').map(({ propertyName }) => propertyName));
    for (const [name, field] of Object.entries(schema.properties)) if (optional.has(name)) schema.properties[name] = orNull(field);
  }
}

/** What handlers take: a class that only extends another has no rules under its own name. */
function inputClasses(app: INestApplication): unknown[] {
  const scanner = new MetadataScanner();
  return app.get(DiscoveryService, { strict: false }).getControllers().flatMap(({ metatype }) => {
    const prototype = (metatype as { prototype?: object } | null)?.prototype;
    return prototype ? scanner.getAllMethodNames(prototype).flatMap((name) => (Reflect.getMetadata('design:paramtypes', prototype, name) as unknown[] | undefined) ?? []) : [];
  });
}

function orNull(field: Field): Field {
  const reference = field.$ref === undefined ? (field.allOf?.[0] as Field | undefined)?.$ref : field.$ref;
  if (reference !== undefined) return { anyOf: [{ $ref: reference }, { type: 'null' }], ...(field['description'] === undefined ? {} : { description: field['description'] }) };
  const types = Array.isArray(field.type) ? field.type : field.type === undefined ? [] : [field.type];
  if (types.length === 0 || types.includes('null')) return field;
  return { ...field, type: [...types, 'null'], ...(field.enum && !field.enum.includes(null) ? { enum: [...field.enum, null] } : {}) };
}
