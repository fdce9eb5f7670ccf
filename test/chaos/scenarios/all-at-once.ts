import { execFileSync } from 'node:child_process';
import { setTimeout as wait } from 'node:timers/promises';
import type { ChaosHouse } from '../chaos-house';
import { lengths } from '../lengths';
import { brokenPromises, Load, whatFailed } from '../load';

/** A worker dies, Redis is emptied and PostgreSQL falls over within seconds, under load. What is left must end, and `settle` asks whether every credit is explained. */
export async function allAtOnce(house: ChaosHouse): Promise<object> {
  const { rounds, perSecond, tasks } = lengths.allAtOnce;
  await house.keep(2, 2, Math.ceil(tasks / 2));
  const load = new Load({ target: (n) => house.apis[n % 2]!.url, accessToken: house.accessToken, repositoryId: house.state.repository.id, perSecond });
  const ids: string[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const some = await house.handInMany(tasks, 'CHAOS-SLOW');
    ids.push(...some);
    await house.until(async () => (await house.inStep(some, 1)) >= tasks / 2);
    await house.workers[0]!.kill();
    execFileSync('redis-cli', ['-u', house.redis.url, 'FLUSHALL']);
    await house.postgres.fall();
    await wait(500);
    await house.postgres.rise();
    await house.keep(2, 2, Math.ceil(tasks / 2));
  }
  expect(await house.ended(ids)).toEqual({ completed: ids.length });
  const log = await load.stop();
  expect(whatFailed(log)).toEqual([]);
  expect(await brokenPromises(house.database, log)).toEqual([]);
  return { rounds, tasks: ids.length, calls: log.length };
}
