import { setTimeout as wait } from 'node:timers/promises';
import type { ChaosHouse } from '../chaos-house';
import { lengths } from '../lengths';
import { brokenPromises, Load, unavailable, whatFailed, type Call } from '../load';
import { DEAD_MS, ProbeWatch } from '../probe-watch';

/** Promised are 5 s, of which PostgreSQL's own recovery is most; here the machine does other things, too. */
const WINDOW_MS = 12_000;
const UNREADY_MS = 3_000;
const READY_AGAIN_MS = 8_000;

/** R4 and R5: PostgreSQL falls over under load. Who heard 201 has a task, everybody else hears 503 and when to come back, and no process ends. */
export async function postgresFalls(house: ChaosHouse): Promise<object> {
  const { restarts, pauseMs, perSecond, tasks } = lengths.postgres;
  await house.keep(2, 2, Math.ceil(tasks / 2));
  const all = [...house.apis, ...house.workers];
  const ids = await house.handInMany(tasks, 'CHAOS-SLOW');
  await house.until(async () => (await house.inStep(ids, 1)) >= tasks / 2);
  const watches = [house.apis[0]!, house.workers[0]!].map(({ url }) => new ProbeWatch(url));
  const load = new Load({ target: (n) => house.apis[n % 2]!.url, accessToken: house.accessToken, repositoryId: house.state.repository.id, perSecond });
  const falls: { fell: number; rose: number }[] = [];
  for (let restart = 0; restart < restarts; restart += 1) {
    await wait(pauseMs / 2);
    const fell = Date.now();
    await house.postgres.fall();
    // A server that comes back at once would hide a probe that never looked.
    await wait(1_000);
    await house.postgres.rise();
    falls.push({ fell, rose: Date.now() });
    await wait(Math.max(pauseMs, 2_000));
  }
  const log = await load.stop();
  const probes = watches.map((watch) => watch.stop());
  expect(all.filter(({ isRunning }) => !isRunning)).toEqual([]);
  expect(whatFailed(log)).toEqual([]);
  expect(unavailable(log).length).toBeGreaterThan(0);
  expect(await brokenPromises(house.database, log)).toEqual([]);
  const windows = falls.map((fall, n) => windowOf(log, fall, falls[n + 1]?.fell ?? Infinity));
  expect(Math.max(...windows)).toBeLessThanOrEqual(WINDOW_MS);
  const unready = probes.flatMap((probe) => falls.map((fall) => probe.tookToTell(fall)));
  for (const { down, up } of unready) expect({ down: down <= UNREADY_MS, up: up <= READY_AGAIN_MS }).toEqual({ down: true, up: true });
  for (const { deadAnswers, longestSilenceMs } of probes) expect({ deadAnswers, isSilent: longestSilenceMs > DEAD_MS }).toEqual({ deadAnswers: [], isSilent: false });
  expect(await house.ended(ids)).toEqual({ completed: tasks });
  return { restarts, calls: log.length, refused: unavailable(log).length, downMs: falls.map(({ fell, rose }) => rose - fell), windowsMs: windows, unreadyMs: unready.map(({ down }) => down), readyAgainMs: unready.map(({ up }) => up), attemptsLost: await lostAttempts(house, ids) };
}

/** From the return of the server to the last refusal before it fell again. */
function windowOf(log: readonly Call[], { fell, rose }: { fell: number; rose: number }, next: number): number {
  const refused = unavailable(log).filter(({ at, ms }) => at + ms >= fell && at + ms < next);
  const last = Math.max(fell, ...refused.map(({ at, ms }) => at + ms));
  return Math.max(0, last - rose);
}

async function lostAttempts(house: ChaosHouse, ids: readonly string[]): Promise<number> {
  const { rows } = await house.database.query<{ n: number }>(`SELECT count(*)::integer AS n FROM task_attempts WHERE task_id = ANY($1) AND status = 'lost'`, [ids]);
  return rows[0]!.n;
}
