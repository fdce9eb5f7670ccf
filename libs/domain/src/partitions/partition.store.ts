import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { sqlRow } from '../sql';
import type { Tx } from '../unit-of-work';

/** The tables that are divided by month. */
export type DividedTable = 'task_logs' | 'task_events';

const MONTHS_AHEAD = 3;
/** Three of these are shorter than PostgreSQL's search for deadlocks: it is always maintenance that gives way. */
const LOCK_TIMEOUT = '250ms';
/** Of a plan's days, the fewest that a month can have: a month too many is kept, never one too few. */
const DAYS_OF_A_MONTH = 28;
/** Counted no further: one row is too many already. */
const MOST_COUNTED = 1_000;

const DROP: Readonly<Record<DividedTable, string>> = {
  task_logs: `SELECT drop_task_log_partitions(greatest($1::integer, (SELECT ceil(max(log_retention_days) / ${DAYS_OF_A_MONTH}.0)::integer FROM subscription_plans))) AS n`,
  task_events: 'SELECT drop_task_event_partitions($1) AS n',
};
const ENSURE: Readonly<Record<DividedTable, string>> = {
  task_logs: 'SELECT ensure_task_log_partitions($1) AS n',
  task_events: 'SELECT ensure_task_event_partitions($1) AS n',
};

/** Rows of months that should have a partition, in the one that takes whatever has none. */
const STRAYS: Readonly<Record<DividedTable, string>> = {
  task_logs: `SELECT count(*)::integer AS n FROM (SELECT 1 FROM task_logs_default LIMIT ${MOST_COUNTED}) s`,
  task_events: `SELECT count(*)::integer AS n FROM (SELECT 1 FROM task_events_default WHERE task_id >= first_id_at(date_trunc('month', now(), 'UTC')) LIMIT ${MOST_COUNTED}) s`,
};

/** Partitions by month: made ahead of time, dropped when their time is over. All organizations' rows lie in them. */
@Injectable()
export class PartitionStore {
  /** Makes those of this month and the next; returns how many. Waits for no lock longer than a moment, and then throws. */
  ensure(tx: Tx, table: DividedTable): Promise<number> {
    return this.change(tx, ENSURE[table], MONTHS_AHEAD);
  }

  /**
   * Drops what is older than this month and so many before it, of logs never what a plan promises to keep; of events one partition a call, and never the
   * events of a task that has not ended.
   */
  drop(tx: Tx, table: DividedTable, keepMonths: number): Promise<number> {
    return this.change(tx, DROP[table], keepMonths);
  }

  /** Rows that found no partition of their month (up to 1,000): while there are any, that month's partition cannot be made. */
  async strays(manager: EntityManager, table: DividedTable): Promise<number> {
    return (await sqlRow<{ n: number }>(manager, STRAYS[table], []))?.n ?? 0;
  }

  private async change(tx: Tx, sql: string, parameter: number): Promise<number> {
    await tx.query(`SET LOCAL lock_timeout = '${LOCK_TIMEOUT}'`);
    return (await sqlRow<{ n: number }>(tx, sql, [parameter]))?.n ?? 0;
  }
}
