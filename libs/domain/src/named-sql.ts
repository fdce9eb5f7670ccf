import { createHash } from 'node:crypto';
import { type EntityManager, QueryFailedError } from 'typeorm';
import type { PostgresDriver } from 'typeorm/driver/postgres/PostgresDriver';
import { askNamed, type RowForm } from './named-query';
import { ReadLanes, readLanesOf } from './read-lanes';

/** A statement that PostgreSQL parses and plans once per connection. */
export interface NamedStatement {
  readonly name: string;
  readonly text: string;
}

/** A row as PostgreSQL sends it: the text of each column. */
export type TextRow = readonly (string | null)[];

/** What of pg we use here: its pool, and a connection of it. TypeORM has both, and hands no names on. */
interface Queryable {
  query(query: object, callback: (error: Error | null, answer: { rows: never[] }) => void): unknown;
  query(query: { text: string; values: unknown[]; rowMode: 'array'; types: typeof AS_TEXT }): Promise<{ rows: never[] }>;
  query(text: string, values: unknown[]): Promise<PlainResult>;
}

/** What a statement came to. */
export interface PlainResult {
  /** Its first word, such as "UPDATE". */
  readonly command: string;
  readonly rows: Record<string, unknown>[];
  readonly rowCount: number | null;
}

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
  return ask<TextRow>(manager, named, values, 'texts');
}

/** The same without a name, for texts that have too many forms to keep. */
export async function textRows(manager: EntityManager, text: string, values: readonly unknown[]): Promise<TextRow[]> {
  const parameters = [...values];
  try {
    return (await (await connectionOf(manager)).query({ text, values: parameters, rowMode: 'array', types: AS_TEXT })).rows;
  } catch (error) {
    throw failed(error, text, parameters);
  }
}

/** The first row of `namedRows`, or null. */
export async function namedRow(manager: EntityManager, named: NamedStatement, values: readonly unknown[]): Promise<TextRow | null> {
  return (await namedRows(manager, named, values))[0] ?? null;
}

/** Rows as objects by column, with the driver's values. */
export function namedRecords<Row extends object>(manager: EntityManager, named: NamedStatement, values: readonly unknown[]): Promise<Row[]> {
  return ask<Row>(manager, named, values, 'records');
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

async function ask<Row>(manager: EntityManager, { name, text }: NamedStatement, values: readonly unknown[], form: RowForm): Promise<Row[]> {
  const call = { name, text, values: [...values], form };
  try {
    const asked = await laneOf(manager);
    const answer = asked instanceof ReadLanes ? asked.ask((one) => askNamed(manager.connection, one, call)) : askNamed(manager.connection, asked, call);
    return (await answer).rows;
  } catch (error) {
    throw failed(error, text, call.values);
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
