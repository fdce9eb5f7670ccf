import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { PostgresDriver } from 'typeorm/driver/postgres/PostgresDriver';
import { sqlRows } from '../sql';

/** Rows of one kind of background work in one state. */
export interface QueueFigure {
  readonly queue: string;
  readonly state: string;
  readonly rows: number;
  /** Seconds since the oldest of them could have been worked on. */
  readonly oldestSeconds: number;
}

/** Connections of this process's pool. */
export interface PoolFigures {
  readonly open: number;
  readonly idle: number;
  readonly waiting: number;
}

/** Beyond this a queue is long, however long it is; counting must not become a load of its own. */
const MOST_COUNTED = 100_000;
const DEADLINE_MS = 2_000;

/** `since`: from when a row could have been worked on. Each reads a partial index of live rows. */
const WORK: readonly { readonly queue: string; readonly state: string; readonly since: string; readonly from: string }[] = [
  { queue: 'attempt', state: 'due', since: 'available_at', from: `task_attempts WHERE status = 'queued' AND available_at <= now()` },
  { queue: 'attempt', state: 'waiting', since: 'created_at', from: `task_attempts WHERE status = 'queued' AND available_at > now()` },
  { queue: 'attempt', state: 'running', since: 'started_at', from: `task_attempts WHERE status = 'running'` },
  { queue: 'attempt', state: 'lost', since: 'lease_expires_at', from: `task_attempts WHERE status = 'running' AND lease_expires_at < now()` },
  { queue: 'webhook-delivery', state: 'due', since: 'next_attempt_at', from: `webhook_deliveries WHERE status IN ('received','failed') AND next_attempt_at <= now()` },
  { queue: 'webhook-delivery', state: 'waiting', since: 'received_at', from: `webhook_deliveries WHERE status IN ('received','failed') AND next_attempt_at > now()` },
  { queue: 'endpoint-delivery', state: 'due', since: 'next_attempt_at', from: `webhook_endpoint_deliveries WHERE status = 'pending' AND next_attempt_at <= now()` },
  { queue: 'endpoint-delivery', state: 'waiting', since: 'created_at', from: `webhook_endpoint_deliveries WHERE status = 'pending' AND next_attempt_at > now()` },
  { queue: 'credit-hold', state: 'open', since: 'created_at', from: `credit_holds WHERE status = 'held'` },
  { queue: 'credit-hold', state: 'overdue', since: 'expires_at', from: `credit_holds WHERE status = 'held' AND expires_at < now()` },
  { queue: 'scheduled-task', state: 'due', since: 'scheduled_at', from: `tasks WHERE status = 'scheduled' AND scheduled_at <= now()` },
];

const DEPTHS = WORK.map(
  ({ queue, state, since, from }) =>
    `SELECT '${queue}' AS queue, '${state}' AS state, count(*)::integer AS rows, greatest(0, coalesce(extract(epoch FROM now() - min(since)), 0))::float8 AS oldest_seconds FROM (SELECT ${since} AS since FROM ${from} LIMIT ${MOST_COUNTED}) AS counted`,
).join('\nUNION ALL\n');

/** Counts for the operators, over all organizations; nothing of them is anybody's. */
@Injectable()
export class DatabaseFigures {
  constructor(private readonly dataSource: DataSource) {}

  /** Rows that are jobs. Ends after two seconds at the latest. */
  queueDepths(): Promise<QueueFigure[]> {
    return this.dataSource.transaction(async (tx) => {
      await tx.query(`SET LOCAL statement_timeout = ${DEADLINE_MS}`);
      return sqlRows<QueueFigure>(tx, DEPTHS);
    });
  }

  pool(): PoolFigures {
    const { totalCount, idleCount, waitingCount } = (this.dataSource.driver as PostgresDriver).master as { totalCount: number; idleCount: number; waitingCount: number };
    return { open: totalCount, idle: idleCount, waiting: waitingCount };
  }
}
