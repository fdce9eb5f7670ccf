import fc, { type Arbitrary } from 'fast-check';
import { NAUGHTY, ODD_NUMBERS, ODD_TIMES } from './constants';
import { isIdOf } from './plan';
import { ANY_UNIT } from './schema-values';

type Json = unknown;
type Path = readonly (string | number)[];

/** A value with something wrong in one place. */
export interface Mutated {
  readonly kind: string;
  /** Field that was touched first, or '' for the whole. */
  readonly value: Json;
}

const deep = (levels: number): Json => Array.from({ length: levels }).reduce<Json>((inner) => ({ a: inner }), 1);

const OFF_TYPE: readonly Json[] = [null, true, false, 0, -1, 1.5, '', 'text', [], [null], {}, { a: 1 }, [[]], '1', 'true', deep(19)];

/** What replaces a value: of another type, at an edge, or naughty. */
const ODD: Arbitrary<{ kind: string; value: Json }> = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...OFF_TYPE).map((value) => ({ kind: 'off type', value })) },
  { weight: 4, arbitrary: fc.constantFrom(...NAUGHTY).map((value) => ({ kind: 'naughty text', value })) },
  { weight: 2, arbitrary: fc.constantFrom(...ODD_NUMBERS).map((value) => ({ kind: 'odd number', value })) },
  { weight: 2, arbitrary: fc.constantFrom(...ODD_TIMES).map((value) => ({ kind: 'odd time', value })) },
  { weight: 1, arbitrary: fc.uuid().map((value) => ({ kind: 'some id', value })) },
  { weight: 1, arbitrary: fc.jsonValue({ maxDepth: 4 }).map((value) => ({ kind: 'any JSON', value })) },
  { weight: 1, arbitrary: fc.string({ unit: ANY_UNIT, maxLength: 40 }).map((value) => ({ kind: 'any text', value })) },
  { weight: 1, arbitrary: fc.constantFrom(20, 21, 100, 1_000).map((levels) => ({ kind: 'deep nesting', value: deep(levels) })) },
  { weight: 1, arbitrary: fc.constantFrom(101, 1_001, 5_000).map((length) => ({ kind: 'long list', value: Array.from({ length }, (_, n) => `item ${n}`) })) },
);

const EXTRA_NAMES = ['id', 'organizationId', 'userId', 'role', 'status', 'rowVersion', 'createdAt', 'deletedAt', 'isAdmin', 'surprise', '', ' ', 'a.b', 'a/b', '__proto__x', 'constructor', '\u{1f600}', 'x'.repeat(300), 'toString'] as const;

/** One thing wrong with a good value: a field changed, taken away or added. */
export function mutate(good: Arbitrary<Json>): Arbitrary<Mutated> {
  return fc.tuple(good, ODD, fc.nat(1_000), fc.constantFrom(...EXTRA_NAMES), fc.constantFrom('replace', 'replace', 'replace', 'remove', 'add')).map(([value, odd, pick, name, how]) => {
    const paths = pathsOf(value);
    const path = paths[pick % paths.length] ?? [];
    if (how === 'add') return { kind: 'unknown field', value: isRecord(value) ? { ...value, [name]: odd.value } : value };
    if (how === 'remove' && path.length > 0) return { kind: 'missing field', value: without(value, path) };
    return { kind: odd.kind, value: replaced(value, path, odd.value) };
  });
}

function pathsOf(value: Json, at: Path = []): Path[] {
  if (isIdOf(value) || typeof value !== 'object' || value === null) return [at];
  return [at, ...Object.entries(value).flatMap(([name, item]) => pathsOf(item, [...at, name]))];
}

function replaced(value: Json, [first, ...rest]: Path, by: Json): Json {
  if (first === undefined) return by;
  if (Array.isArray(value)) return value.map((item: Json, index) => (String(index) === String(first) ? replaced(item, rest, by) : item));
  return { ...(value as object), [first]: replaced((value as Record<string, Json>)[first], rest, by) };
}

function without(value: Json, [first, ...rest]: Path): Json {
  if (first === undefined) return value;
  if (rest.length > 0) return replaced(value, [first], without((value as Record<string, Json>)[first], rest));
  if (Array.isArray(value)) return value.filter((_, index) => String(index) !== String(first));
  return Object.fromEntries(Object.entries(value as object).filter(([name]) => name !== String(first)));
}

function isRecord(value: Json): value is Record<string, Json> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !isIdOf(value);
}
