import type { DataSource } from 'typeorm';
import type { PostgresDriver } from 'typeorm/driver/postgres/PostgresDriver';

/** What a statement with a name gave. */
export interface NamedAnswer {
  readonly rows: never[];
}

/** What PostgreSQL says of a column; pg's parsers go by it. */
type Fields = readonly unknown[];

/** A connection's wire, as far as it is needed here. */
interface Wire {
  describe(target: object): void;
}

type Callback = (error: Error | null, answer: NamedAnswer) => void;

/** A query of pg, as far as it is needed here. */
interface PgQuery {
  name: string;
  callback: Callback;
  prepare(wire: Wire): void;
  handleRowDescription(message: { fields: Fields }): void;
  handleDataRow(message: { fields: readonly (string | null)[] }): void;
  handleReadyForQuery(wire: Wire): void;
}
type PgQueryClass = new (text: string, values: readonly unknown[]) => PgQuery;

/** How rows come back: the text of each column, or objects by column with the driver's values. */
export type RowForm = 'texts' | 'records';

export interface NamedCall {
  readonly name: string;
  readonly text: string;
  readonly values: readonly unknown[];
  readonly form: RowForm;
}

/** What takes queries: a connection, a lane, or a pool. */
export interface Asked {
  query(query: object, callback: (error: Error | null, answer: NamedAnswer) => void): unknown;
}

type NamedQueryClass = new (call: NamedCall) => object;

/** The columns of statements, by connection and name: they cannot change while the statement is prepared. */
const known = new WeakMap<Wire, Map<string, Fields>>();
const silent = new WeakMap<Wire, Wire>();
const classes = new WeakMap<PgQueryClass, NamedQueryClass>();

/**
 * Asks by name. pg has PostgreSQL describe the columns of a prepared statement at each run, reads the descriptions, and makes a template of a row of them;
 * with many columns that costs both sides more than the row. Here they are asked for once per connection, and never when the text is all that is wanted.
 */
export function askNamed(dataSource: DataSource, asked: Asked, call: NamedCall): Promise<NamedAnswer> {
  const { Query } = (dataSource.driver as PostgresDriver).postgres as { Query: PgQueryClass };
  const NamedQuery = classes.get(Query) ?? namedQueryClass(Query);
  return new Promise((resolve, reject) => {
    asked.query(new NamedQuery(call), (error, answer) => {
      if (!error) return resolve(answer);
      // In place of where the socket was read.
      Error.captureStackTrace(error);
      reject(error);
    });
  });
}

function namedQueryClass(Query: PgQueryClass): NamedQueryClass {
  const built = class NamedQuery extends Query {
    private readonly texts: (readonly (string | null)[])[] | null;
    private fields: Map<string, Fields> | null = null;

    constructor({ name, text, values, form }: NamedCall) {
      // As a text: pg would copy an object, property by property.
      super(text, values);
      this.name = name;
      this.texts = form === 'texts' ? [] : null;
    }

    override prepare(wire: Wire): void {
      const fields = this.texts === null ? fieldsOf(wire) : null;
      const found = fields?.get(this.name);
      if (found) super.handleRowDescription({ fields: found });
      else this.fields = fields;
      super.prepare(fields === null || found ? silentOf(wire) : wire);
    }

    override handleRowDescription(message: { fields: Fields }): void {
      this.fields?.set(this.name, message.fields);
      super.handleRowDescription(message);
    }

    override handleDataRow(message: { fields: readonly (string | null)[] }): void {
      if (this.texts === null) super.handleDataRow(message);
      else this.texts.push(message.fields);
    }

    override handleReadyForQuery(wire: Wire): void {
      if (this.texts === null) super.handleReadyForQuery(wire);
      else this.callback(null, { rows: this.texts as never[] });
    }
  };
  classes.set(Query, built);
  return built;
}

function fieldsOf(wire: Wire): Map<string, Fields> {
  const fields = known.get(wire) ?? new Map<string, Fields>();
  known.set(wire, fields);
  return fields;
}

/** The same connection, asking for no description. */
function silentOf(wire: Wire): Wire {
  const made = silent.get(wire) ?? (Object.create(wire, { describe: { value: () => undefined } }) as Wire);
  silent.set(wire, made);
  return made;
}
