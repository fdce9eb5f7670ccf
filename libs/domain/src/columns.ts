// The words entities are written in: one decorator per kind of column, so that a type, its transformer and its nullability are decided once.
import { Check, Column, Entity, ForeignKey, Index, UpdateDateColumn, VersionColumn, type ColumnOptions, type ValueTransformer } from 'typeorm';
import type { OnDeleteType } from 'typeorm/metadata/types/OnDeleteType';
import { snakeCase } from './naming-strategy';

export interface ColumnRules {
  primary?: true;
  nullable?: true;
  /** Unique by itself, over the whole table. */
  unique?: true;
  /** A value; "now" on a time column is the database's clock. */
  default?: string | number | boolean | object;
  /** Has a check of its own, `<table>_<column>_check`; its text stands in the migration. */
  checked?: true;
  /** Foreign key: "users", or "credit_accounts.organizationId" where it does not point at an id. */
  references?: string;
  onDelete?: OnDeleteType;
  onUpdate?: OnDeleteType;
  /** The foreign key's name, where it is not PostgreSQL's own. */
  foreignKey?: string;
  deferred?: true;
}

export interface TableRules {
  /** Names of checks over several columns. */
  checks?: readonly string[];
  /** Names of indexes that TypeORM cannot express (partial, descending, by expression): written in the migration, named here so that a diff leaves them alone. */
  indexes?: readonly string[];
  /** false: TypeORM's diff passes over the table (partitioned). */
  synchronize?: false;
}

/** A check is written in SQL in a migration; the entity only knows its name. Not valid SQL, so that a generated migration stops until its author writes the text. */
const WRITTEN_IN_MIGRATION = '/* write the text here */';

const checkedColumns = new WeakMap<object, string[]>();

/** A table with what is not said by its columns. */
export function Table(name: string, rules: TableRules = {}): ClassDecorator {
  return (target) => {
    Entity(name, { synchronize: rules.synchronize ?? true })(target);
    const own = (checkedColumns.get(target) ?? []).map((property) => `${name}_${snakeCase(property)}_check`);
    for (const check of [...own, ...(rules.checks ?? [])]) Check(check, WRITTEN_IN_MIGRATION)(target);
    for (const index of rules.indexes ?? []) Index(index, { synchronize: false })(target);
  };
}

/** bigint in the database and in the program; the driver hands it over as text, as a number would lose digits. */
const asBigInt: ValueTransformer = {
  from: (value: string | null) => (value === null ? null : BigInt(value)),
  to: (value: unknown) => (typeof value === 'bigint' ? value.toString() : value),
};

export const Uuid = kind({ type: 'uuid' });
export const Text = kind({ type: 'text' });
export const TextArray = kind({ type: 'text', array: true });
export const Int = kind({ type: 'integer' });
export const IntArray = kind({ type: 'integer', array: true });
export const SmallInt = kind({ type: 'smallint' });
export const SmallIntArray = kind({ type: 'smallint', array: true });
/** Amounts and counters: bigint. */
export const Big = kind({ type: 'bigint', transformer: asBigInt });
/** GitHub's numbers pass 2^53, so they are strings. */
export const GithubId = kind({ type: 'bigint' });
export const Flag = kind({ type: 'boolean' });
export const Json = kind({ type: 'jsonb' });
export const Bytes = kind({ type: 'bytea' });
export const Time = kind({ type: 'timestamptz' });
/** A day as 'YYYY-MM-DD'. */
export const Day = kind({ type: 'date' });
export const Inet = kind({ type: 'inet' });

/** The primary key: a UUIDv7 of ours, never a default. */
export function Id(): PropertyDecorator {
  return Uuid({ primary: true });
}

/** Rows that a trigger numbers at each update: the number is the ETag. */
export abstract class Touched {
  @VersionColumn({ type: 'integer', default: 1 }) rowVersion!: number;
  @Time({ default: 'now' }) createdAt!: Date;
  @UpdateDateColumn({ type: 'timestamptz' }) updatedAt!: Date;
}

function kind(base: ColumnOptions): (rules?: ColumnRules) => PropertyDecorator {
  return (rules = {}) =>
    (target, property) => {
      Column({ ...base, primary: rules.primary, nullable: rules.nullable ?? false, unique: rules.unique, default: rules.default === 'now' ? () => 'now()' : rules.default })(target, property);
      if (rules.checked) checkedColumns.set(target.constructor, [...(checkedColumns.get(target.constructor) ?? []), String(property)]);
      if (rules.references !== undefined) refer(rules, rules.references)(target, property);
    };
}

/** Named by table, so that files of entities that point at each other need not import each other. */
function refer(rules: ColumnRules, references: string): PropertyDecorator {
  const [table, property = 'id'] = references.split('.') as [string, string?];
  const deferrable = rules.deferred ? ('INITIALLY DEFERRED' as const) : undefined;
  return ForeignKey(table, property, { onDelete: rules.onDelete, onUpdate: rules.onUpdate, name: rules.foreignKey, deferrable });
}
