import { setTimeout as wait } from 'node:timers/promises';
import { branchesOf, lookAtTasks } from '../../crash/ended-once';
import type { ChaosHouse } from '../chaos-house';
import { lengths } from '../lengths';
import { percentile } from '../load';
import { random } from '../../support/random';

/** Promised are 5 s; a machine that has too much to do takes its time with killing sandboxes, too. */
const CANCELLED_MS = 15_000;
const LATEST_MS = 9_000;
const AT_ONCE = 8;

/** R9: a cancel at any moment ends the task soon, and nothing gets out after it. */
export async function cancels(house: ChaosHouse): Promise<object> {
  await house.keep(1, 2, AT_ONCE / 2);
  const next = random(20_261_123);
  const moments = Array.from({ length: lengths.cancels }, () => next() * LATEST_MS);
  const took: number[] = [];
  const ids: string[] = [];
  const runner = async (): Promise<void> => {
    for (let moment = moments.pop(); moment !== undefined; moment = moments.pop()) {
      const id = await house.handIn(moment > LATEST_MS / 2 ? 'CHAOS-QUICK' : 'CHAOS-SLOW');
      ids.push(id);
      await wait(moment);
      const asked = Date.now();
      const { status } = await house.ada.post(`/tasks/${id}/cancel`);
      expect([200, 202, 409]).toContain(status);
      if (status === 409) continue;
      const ended = await house.ada.until(id, ['cancelled', 'completed', 'failed'], 60_000);
      // One that was over before its worker heard of it stays what it is.
      if (ended.status === 'cancelled') took.push(Date.now() - asked);
    }
  };
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, lengths.cancels) }, runner));
  const statuses = await house.ended(ids);
  expect(Object.keys(statuses).filter((status) => status !== 'cancelled' && status !== 'completed')).toEqual([]);
  expect(took.length).toBeGreaterThan(0);
  expect(Math.max(...took)).toBeLessThanOrEqual(CANCELLED_MS);
  await house.settle();
  await nothingGotOut(house, ids);
  return { ...statuses, p50Ms: percentile(took, 0.5), p95Ms: percentile(took, 0.95), longestMs: Math.max(...took) };
}

async function nothingGotOut(house: ChaosHouse, ids: readonly string[]): Promise<void> {
  const { rows } = await house.database.query<{ id: string }>(
    `SELECT t.id FROM tasks t JOIN task_effects e ON e.task_id = t.id AND e.kind IN ('push','pull_request') AND e.finished_at > t.completed_at WHERE t.id = ANY($1) AND t.status = 'cancelled'`, [ids]);
  expect(rows).toEqual([]);
  const { rows: pushed } = await house.database.query<{ id: string }>(`SELECT DISTINCT task_id AS id FROM task_effects WHERE task_id = ANY($1) AND kind = 'push' AND status = 'done'`, [ids]);
  const allowed = new Set(pushed.map(({ id }) => `refs/heads/async-coder/${id}`));
  const mine = branchesOf(house.running).filter((branch) => ids.some((id) => branch.endsWith(id)));
  expect(mine.filter((branch) => !allowed.has(branch))).toEqual([]);
  for (const row of await lookAtTasks(house.database, ids)) expect(row).toMatchObject({ ends: 1, gaps: 0, charged: row.used, chargedTwice: 0 });
}
