import { ChaosHouse } from './chaos-house';
import { isFull } from './lengths';
import { allAtOnce } from './scenarios/all-at-once';
import { cancels } from './scenarios/cancels';
import { fairness } from './scenarios/fairness';
import { handOver } from './scenarios/hand-over';
import { manyPods } from './scenarios/many-pods';
import { podDiesUnderStreams } from './scenarios/pod-dies-under-streams';
import { postgresFalls } from './scenarios/postgres-falls';
import { probesTellTheTruth } from './scenarios/probes';
import { redisGoes } from './scenarios/redis-goes';
import { rollingRestarts } from './scenarios/rolling-restarts';

interface Scenario {
  readonly name: string;
  readonly run: (house: ChaosHouse) => Promise<object>;
  /** Also in the short length, which is part of every check: what no other test shows. */
  readonly isShort?: true;
}

const SCENARIOS: readonly Scenario[] = [
  { name: 'pods of the API come and go (O1)', run: rollingRestarts, isShort: true },
  { name: 'a worker hands over (O2)', run: handOver, isShort: true },
  { name: 'probes tell the truth (O3)', run: probesTellTheTruth },
  { name: 'PostgreSQL falls over (R4, R5, O3)', run: postgresFalls, isShort: true },
  { name: 'Redis is emptied, and goes (R3, R5)', run: redisGoes, isShort: true },
  { name: 'a pod dies under event streams (R10)', run: podDiesUnderStreams, isShort: true },
  { name: 'a death, an empty Redis and a fall at once (R1, R3, R4)', run: allAtOnce, isShort: true },
  { name: 'cancels at any moment (R9)', run: cancels },
  { name: 'a crowd before a newcomer (R11)', run: fairness },
  { name: 'two of the API and three workers (O6)', run: manyPods },
];
/** Words; a scenario with one of them in its name runs. */
const ONLY = (process.env['CHAOS_ONLY'] ?? '').split(',').filter((word) => word !== '');
const LIMIT_MS = isFull ? 3_600_000 : 300_000;
/** A search through everything that a long run wrote takes its time. */
const CLOSE_MS = isFull ? 900_000 : 120_000;

/** Everything that goes wrong in operation, one thing at a time, on the whole product; after each the books must be explained. `npm run chaos` is the long version. */
describe(`chaos, ${isFull ? 'full' : 'short'} length`, () => {
  let house: ChaosHouse;
  const chosen = SCENARIOS.filter(({ name, isShort }) => (ONLY.length > 0 ? ONLY.some((word) => name.includes(word)) : isFull || isShort));

  beforeAll(async () => {
    house = await ChaosHouse.open();
  }, 240_000);
  afterAll(() => house?.close(), CLOSE_MS);

  it.each(chosen)('$name', async ({ name, run }) => {
    const began = Date.now();
    const figures = await run(house).then(async (result) => house.settle().then(() => result)).catch((error: unknown) => {
      process.stdout.write(`${JSON.stringify({ chaos: name, faults: house.faults() }, null, 1)}\n`);
      throw error;
    });
    process.stdout.write(`${JSON.stringify({ chaos: name, seconds: Math.round((Date.now() - began) / 1_000), ...figures })}\n`);
  }, LIMIT_MS);
});
