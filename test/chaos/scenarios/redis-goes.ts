import { execFileSync } from 'node:child_process';
import { setTimeout as wait } from 'node:timers/promises';
import { startRedis } from '../../support/redis';
import type { ChaosHouse } from '../chaos-house';
import { lengths } from '../lengths';
import { brokenPromises, Load, unavailable, whatFailed } from '../load';
import { DEAD_MS, ProbeWatch } from '../probe-watch';

const SUBMITTERS = 8;
/** Promised are 10 s. */
const GOING_AGAIN_MS = 20_000;

/** R3: Redis is emptied while tasks come in, and then gone for a while. Nobody is refused, nothing is lost, and work goes on when it is back. */
export async function redisGoes(house: ChaosHouse): Promise<object> {
  const { downMs, perSecond, tasks } = lengths.redis;
  await house.keep(2, 2, Math.max(4, Math.ceil(tasks / 4)));
  const emptied = await emptyWhileSubmitting(house);
  const all = [...house.apis, ...house.workers];
  const running = await house.handInMany(tasks, 'CHAOS-SLOW');
  const watches = all.map(({ url }) => new ProbeWatch(url));
  const load = new Load({ target: (n) => house.apis[n % 2]!.url, accessToken: house.accessToken, repositoryId: house.state.repository.id, perSecond });
  await house.redis.stop();
  const gone = Date.now();
  const during = await house.handInMany(Math.ceil(tasks / 2), 'CHAOS-QUICK');
  await wait(downMs);
  house.redis = await startRedis({ port: Number(new URL(house.redis.url).port) });
  const back = Date.now();
  const after = await house.handInMany(2, 'CHAOS-QUICK');
  expect(await house.ended([...running, ...during, ...after])).toEqual({ completed: running.length + during.length + after.length });
  const log = await load.stop();
  const probes = watches.map((watch) => watch.stop());
  expect(all.filter(({ isRunning }) => !isRunning)).toEqual([]);
  expect([whatFailed(log), unavailable(log).length]).toEqual([[], 0]);
  expect(await brokenPromises(house.database, log)).toEqual([]);
  // Redis is no part of being alive, nor of being ready.
  for (const probe of probes) expect({ deadAnswers: probe.deadAnswers, isSilent: probe.longestSilenceMs > DEAD_MS, isReady: probe.wasReady(gone, back) }).toEqual({ deadAnswers: [], isSilent: false, isReady: true });
  const goingAgainMs = (await firstClaim(house, [...during, ...after])) - back;
  expect(goingAgainMs).toBeLessThanOrEqual(GOING_AGAIN_MS);
  return { ...emptied, downMs, calls: log.length, refused: 0, goingAgainMs: Math.max(0, goingAgainMs) };
}

async function emptyWhileSubmitting(house: ChaosHouse): Promise<object> {
  const { flushes, submits } = lengths.redis;
  const ids: string[] = [];
  let wanted = submits;
  const submitter = async (): Promise<void> => {
    while ((wanted -= 1) >= 0) ids.push(await house.handIn('CHAOS-QUICK'));
  };
  const submitting = Promise.all(Array.from({ length: Math.min(SUBMITTERS, submits) }, submitter));
  for (let flush = 1; flush <= flushes; flush += 1) {
    while (ids.length < (submits * flush) / (flushes + 1)) await wait(10);
    execFileSync('redis-cli', ['-u', house.redis.url, 'FLUSHALL']);
  }
  await submitting;
  expect(await house.ended(ids)).toEqual({ completed: submits });
  return { submits, flushes };
}

async function firstClaim(house: ChaosHouse, ids: readonly string[]): Promise<number> {
  const { rows } = await house.database.query<{ at: Date }>(`SELECT min(created_at) AS at FROM task_events WHERE task_id = ANY($1) AND type = 'status' AND data ->> 'to' = 'provisioning'`, [ids]);
  return rows[0]!.at.getTime();
}
