import type { EntityManager } from 'typeorm';
import { plainResult } from './named-sql';

/**
 * Runs plain SQL and returns its rows with camelCase keys. Columns of type bigint arrive as text; those named in `bigints` (camelCase)
 * become BigInt.
 */
export async function sqlRows<Row extends object>(manager: EntityManager, sql: string, parameters: readonly unknown[] = [], bigints: readonly (keyof Row & string)[] = []): Promise<Row[]> {
  return shapedRows((await plainResult(manager, sql, parameters)).rows, bigints);
}

/** The driver's rows with camelCase keys. */
export function shapedRows<Row extends object>(rows: readonly Record<string, unknown>[], bigints: readonly (keyof Row & string)[] = []): Row[] {
  return rows.map((row) => {
    const shaped: Record<string, unknown> = {};
    for (const [column, value] of Object.entries(row)) shaped[camelCase(column)] = value;
    for (const key of bigints) if (typeof shaped[key] === 'string') shaped[key] = BigInt(shaped[key]);
    return shaped as Row;
  });
}

/** The first row of `sqlRows`, or null. */
export async function sqlRow<Row extends object>(manager: EntityManager, sql: string, parameters: readonly unknown[] = [], bigints: readonly (keyof Row & string)[] = []): Promise<Row | null> {
  return (await sqlRows<Row>(manager, sql, parameters, bigints))[0] ?? null;
}

/** How many rows an UPDATE or DELETE changed. An INSERT has to say RETURNING to be counted. */
export async function sqlChange(manager: EntityManager, sql: string, parameters: readonly unknown[] = []): Promise<number> {
  const { command, rows, rowCount } = await plainResult(manager, sql, parameters);
  return command === 'UPDATE' || command === 'DELETE' ? (rowCount ?? 0) : rows.length;
}

/** Text as PostgreSQL can keep it: no NUL, no lone surrogate. */
export function storableText(text: string): string {
  return Buffer.from(text, 'utf8').toString('utf8').replaceAll('\0', '\uFFFD');
}

/** JSON text of a value as jsonb can keep it, in keys too. A bigint becomes its decimal text. */
export function storableJson(value: unknown): string {
  const json = JSON.stringify(value, (_, inner: unknown) => (typeof inner === 'bigint' ? inner.toString() : inner));
  // JSON.stringify writes NUL and lone surrogates, and only those of the surrogates, as escapes. Other escapes are stepped over as a pair.
  return json.replace(/\\(?:u0000|ud[89a-f][0-9a-f]{2}|.)/g, (escape) => (escape.length > 2 ? '\\ufffd' : escape));
}

function camelCase(column: string): string {
  return column.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}
