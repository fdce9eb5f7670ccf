import { createHash } from 'node:crypto';
import { type EntityManager, QueryFailedError } from 'typeorm';
import type { PostgresDriver } from 'typeorm/driver/postgres/PostgresDriver';
import { type ReadLanes, readLanesOf } from './read-lanes';

/** A statement that PostgreSQL parses and plans once per connection. */
export interface NamedStatement {
  readonly name: string;
  readonly text: string;
}

/** A row as PostgreSQL sends it: the text of each column. */
export type TextRow = readonly (string | null)[];

/** What of pg we use here: its pool, and a connection of it. TypeORM has both, and hands no names on. */
interface Queryable {
  query(query: Query & { values: unknown[]; rowMode?: 'array'; types?: typeof AS_TEXT }): Promise<{ rows: never[] }>;
  query(text: string, values: unknown[]): Promise<PlainResult>;
}

/** What a statement came to. */
export interface PlainResult {
  /** Its first word, such as "UPDATE". */
  readonly command: string;
  readonly rows: Record<string, unknown>[];
  readonly rowCount: number | null;
}

type Query = Partial<NamedStatement> & Pick<NamedStatement, 'text'>;

const asIs = (text: string): string => text;
const AS_TEXT = { getTypeParser: () => asIs };

/**
 * Names a statement by its text, so that two versions of a program never share a plan. Only for texts that are written once: each name is kept by
 * every connection for good, so none may be made of what a caller sends.
 */
export function statement(text: string): NamedStatement {
  return { name: createHash('sha256').update(text).digest('base64url').slice(0, 20), text };
}

/** Runs a statement on the manager's transaction, or on any connection of the pool, and returns its rows as text, without a parse of any value. */
export function namedRows(manager: EntityManager, named: NamedStatement, values: readonly unknown[]): Promise<TextRow[]> {
  return run<TextRow>(manager, named, { values: [...values], rowMode: 'array', types: AS_TEXT });
}

/** The same without a name, for texts that have too many forms to keep. */
export function textRows(manager: EntityManager, text: string, values: readonly unknown[]): Promise<TextRow[]> {
  return run<TextRow>(manager, { text }, { values: [...values], rowMode: 'array', types: AS_TEXT });
}

/** The first row of `namedRows`, or null. */
export async function namedRow(manager: EntityManager, named: NamedStatement, values: readonly unknown[]): Promise<TextRow | null> {
  return (await namedRows(manager, named, values))[0] ?? null;
}

/** Rows as objects by column, with the driver's values. */
export function namedRecords<Row extends object>(manager: EntityManager, named: NamedStatement, values: readonly unknown[]): Promise<Row[]> {
  return run<Row>(manager, named, { values: [...values] });
}

/** Runs any statement with the driver's values, past TypeORM's query runner: its events and results cost as much as the driver itself. */
export async function plainResult(manager: EntityManager, text: string, values: readonly unknown[]): Promise<PlainResult> {
  const parameters = [...values];
  try {
    return await (await connectionOf(manager)).query(text, parameters);
  } catch (error) {
    throw failed(error, text, parameters);
  }
}

async function run<Row>(manager: EntityManager, query: Query, how: { values: unknown[]; rowMode?: 'array'; types?: typeof AS_TEXT }): Promise<Row[]> {
  try {
    const connection = await (query.name === undefined ? connectionOf(manager) : laneOf(manager));
    return (await connection.query({ ...query, ...how })).rows;
  } catch (error) {
    throw failed(error, query.text, how.values);
  }
}

/** As TypeORM wraps what PostgreSQL refuses. */
function failed(error: unknown, text: string, values: unknown[]): unknown {
  return error instanceof Error && 'code' in error ? new QueryFailedError(text, values, error) : error;
}

/** Where a statement runs that asks by name: in its transaction, else in a lane where there is one. */
function laneOf(manager: EntityManager): Queryable | ReadLanes | Promise<Queryable> {
  if (manager.queryRunner) return connectionOf(manager);
  const pool = (manager.connection.driver as PostgresDriver).master as Queryable;
  return readLanesOf(pool) ?? pool;
}

function connectionOf(manager: EntityManager): Queryable | Promise<Queryable> {
  if (manager.queryRunner) return manager.queryRunner.connect() as Promise<Queryable>;
  return (manager.connection.driver as PostgresDriver).master as Queryable;
}
