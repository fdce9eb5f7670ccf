// What one task costs the database, from its creation to its end, through the stores that both processes use; and how many such lives it bears a second.
import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { BillingHouse } from '@app/billing/testing';
import { dataSourceOptions } from '@app/domain';
import { TaskHouse, type Tenant } from '@app/domain/testing';
import { DataSource } from 'typeorm';

/** A million a day. */
export const TASKS_A_SECOND = 1_000_000 / 86_400;
/** Model calls of a task; each brings a hold, a settlement, a usage row, three events and ten lines of log. */
const STEPS = 10;
const EVENTS = Array.from({ length: 3 }, () => ({ type: 'nudge' as const, data: { text: 'x'.repeat(400) } }));
const LINES = Array.from({ length: 10 }, () => ({ level: 'info' as const, source: 'tool' as const, message: 'y'.repeat(120) }));

export interface DayFigures {
  readonly transactions: number;
  readonly rowsWritten: number;
  readonly walKiB: number;
  /** Processor time of PostgreSQL and of the program: unlike the rate, it does not depend on what else this machine does. */
  readonly databaseMs: number;
  readonly programMs: number;
  readonly tasksPerSecond: number;
}

/** Lives so many tasks with so many writers at once, and tells what each cost. */
export async function liveTasks(url: string, tenants: readonly (Tenant & { readonly repositoryId: string })[], tasks: number, writers: number): Promise<DayFigures> {
  const watcher = await new DataSource(dataSourceOptions({ url, poolSize: 1, applicationName: 'watcher' })).initialize();
  const before = await counters(watcher);
  const source = await new DataSource(dataSourceOptions({ url, poolSize: writers, applicationName: 'day' })).initialize();
  const [house, billing] = [new TaskHouse(source), new BillingHouse(source)];
  const program = process.cpuUsage();
  let left = tasks;
  const began = performance.now();
  await Promise.all(Array.from({ length: writers }, async () => {
    while (left-- > 0) await liveTask(house, billing, tenants[left % tenants.length]!);
  }));
  const seconds = (performance.now() - began) / 1_000;
  const { user, system } = process.cpuUsage(program);
  // A connection that ends hands in what it counted.
  await source.destroy();
  await pause(200);
  const after = await counters(watcher);
  await watcher.destroy();
  const each = (name: keyof Counters) => (Number(after[name]) - Number(before[name])) / tasks;
  return { transactions: each('transactions'), rowsWritten: each('rows'), walKiB: each('wal') / 1_024, databaseMs: each('cpuMs'), programMs: (user + system) / 1_000 / tasks, tasksPerSecond: tasks / seconds };
}

async function liveTask(house: TaskHouse, billing: BillingHouse, tenant: Tenant & { readonly repositoryId: string }): Promise<void> {
  const organizationId = tenant.organization.id;
  const attempt = await house.runningTask(tenant, { repositoryId: tenant.repositoryId });
  const call = { organizationId, taskId: attempt.taskId, attemptId: attempt.attemptId };
  for (let step = 1; step <= STEPS; step++) {
    await billing.hold(call, step, 1_000n);
    await house.work.run(async (tx) => {
      await house.attempts.fence(tx, attempt);
      const charged = await billing.ledger.settle(tx, { attemptId: call.attemptId, callSeq: step }, { micro: 800n, nusd: 8_000n });
      await billing.usage.record(tx, usage(call, step, charged.chargedMicro, tenant.user.id));
      await house.events.append(tx, call.taskId, call.attemptId, EVENTS);
    });
    await house.work.run((tx) => house.logs.append(tx, call.taskId, call.attemptId, LINES));
    await house.attempts.heartbeat(house.work.reader, attempt);
    // Somebody follows it.
    await house.events.readAfter(house.work.reader, call, step * 3 - 2, 100);
    await house.events.position(house.work.reader, call);
  }
  await house.work.run((tx) => house.lifecycle.finish(tx, attempt, { kind: 'completed' }, async (inner, attemptId) => void (await billing.ledger.releaseOpenHolds(inner, attemptId))));
  await house.tasks.readText(house.work.reader, organizationId, call.taskId);
  await house.tasks.listText(house.work.reader, { organizationId }, { limit: 20, after: null, order: 'desc' });
}

const usage = (call: { organizationId: string; taskId: string; attemptId: string }, callSeq: number, creditsMicro: bigint, userId: string) => ({
  ...call, userId, apiKeyId: null, callSeq, purpose: 'agent' as const, provider: 'anthropic', providerModelId: 'm', modelId: null, priceId: null, outcome: 'ok' as const,
  tokens: { input: 1_000, cacheRead: 20_000, cacheWriteShort: 500, cacheWriteLong: 0, output: 400, reasoning: 0 }, isEstimated: false, costNusd: 8_000n, creditsMicro, latencyMs: 900, ttftMs: 300, rawUsage: { input_tokens: 1_000 },
});

interface Counters {
  readonly transactions: string;
  readonly rows: string;
  readonly wal: string;
  readonly cpuMs: number;
}

async function counters(source: DataSource): Promise<Counters> {
  const rows = await source.query<(Omit<Counters, 'cpuMs'> & { pid: number })[]>(
    `SELECT pg_backend_pid() AS pid, xact_commit AS transactions, tup_inserted + tup_updated + tup_deleted AS rows, pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0') AS wal FROM pg_stat_database WHERE datname = current_database()`,
  );
  const { pid, ...counted } = rows[0]!;
  return { ...counted, cpuMs: cpuOfServer(pid) };
}

/** Of the server with all of its processes that have ended: those of our connections have by then. */
function cpuOfServer(backend: number): number {
  const fields = (pid: number): string[] => readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/^.*\) /, '').split(' ');
  const times = fields(Number(fields(backend)[1])).slice(11, 15).map(Number);
  // In hundredths of a second, as Linux counts them.
  return times.reduce((sum, ticks) => sum + ticks, 0) * 10;
}
