import type { DataSource } from 'typeorm';
import type { PostgresDriver } from 'typeorm/driver/postgres/PostgresDriver';
import { statement, type NamedStatement } from './named-sql';

/** Each costs every connection some memory in PostgreSQL, for good. */
const MOST_NAMES = 200;
/** Texts that were seen but have no name yet; more than these are forgotten together. */
const MOST_CANDIDATES = 1_000;
/** What runs once or twice is not worth a name. */
const NAMED_AT = 5;

/** Names the statements that a process runs again and again, whoever writes them. Bounded, for some texts are put together from what callers send. */
export class StatementNames {
  private readonly named = new Map<string, NamedStatement>();
  private readonly candidates = new Map<string, number>();

  /** Null: run it without a name. */
  of(text: string): NamedStatement | null {
    const known = this.named.get(text);
    if (known) return known;
    if (this.named.size >= MOST_NAMES) return null;
    const seen = (this.candidates.get(text) ?? 0) + 1;
    if (seen < NAMED_AT) {
      if (this.candidates.size >= MOST_CANDIDATES) this.candidates.clear();
      this.candidates.set(text, seen);
      return null;
    }
    this.candidates.delete(text);
    const named = statement(text);
    this.named.set(text, named);
    return named;
  }
}

/** A connection of pg, as far as it is needed here. */
interface Connection {
  query(...all: unknown[]): unknown;
}

interface Pool {
  on(event: 'acquire', listener: (connection: Connection) => void): void;
}

/**
 * From here on each connection parses and plans a repeated statement once: TypeORM sends every statement unnamed, and for most of ours the plan costs
 * more than the run. PostgreSQL itself goes on making plans for the values at hand where those are better.
 */
export function reusePlans(dataSource: DataSource): void {
  const names = new StatementNames();
  const known = new WeakSet<Connection>();
  const pool = (dataSource.driver as PostgresDriver).master as Pool;
  pool.on('acquire', (connection) => {
    if (known.has(connection)) return;
    known.add(connection);
    nameStatements(connection, names);
  });
}

function nameStatements(connection: Connection, names: StatementNames): void {
  const query = connection.query.bind(connection);
  connection.query = (...all: unknown[]): unknown => {
    const [text, values, ...callback] = all;
    const named = typeof text === 'string' && Array.isArray(values) && values.length > 0 ? names.of(text) : null;
    return named ? query({ ...named, values }, ...callback) : query(...all);
  };
}
