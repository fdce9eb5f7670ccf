import { ChaosHouse } from './chaos-house';
import { isFull } from './lengths';
import { cancels } from './scenarios/cancels';
import { fairness } from './scenarios/fairness';
import { handOver } from './scenarios/hand-over';
import { manyPods } from './scenarios/many-pods';
import { podDiesUnderStreams } from './scenarios/pod-dies-under-streams';
import { postgresFalls } from './scenarios/postgres-falls';
import { probesTellTheTruth } from './scenarios/probes';
import { redisGoes } from './scenarios/redis-goes';
import { rollingRestarts } from './scenarios/rolling-restarts';

const SCENARIOS: Readonly<Record<string, (house: ChaosHouse) => Promise<object>>> = {
  'pods of the API come and go (O1)': rollingRestarts,
  'a worker hands over (O2)': handOver,
  'probes tell the truth (O3)': probesTellTheTruth,
  'PostgreSQL falls over (R4, R5, O3)': postgresFalls,
  'Redis is emptied, and goes (R3, R5)': redisGoes,
  'a pod dies under event streams (R10)': podDiesUnderStreams,
  'cancels at any moment (R9)': cancels,
  'a crowd of tasks and one newcomer (R11)': fairness,
  'many pods do everything once (O6)': manyPods,
};
/** Any of these words in a name. */
const ONLY = (process.env['CHAOS_ONLY'] ?? '').split(',');
const LIMIT_MS = isFull ? 3_600_000 : 240_000;

/** Everything that goes wrong in operation, one thing at a time, on the whole product; after each the books must be explained. `npm run chaos` is the long version. */
describe(`chaos, ${isFull ? 'full' : 'short'} length`, () => {
  let house: ChaosHouse;
  const chosen = Object.entries(SCENARIOS).filter(([name]) => ONLY.some((word) => name.includes(word)));

  beforeAll(async () => {
    house = await ChaosHouse.open();
  }, 240_000);
  afterAll(() => house?.close(), 120_000);

  it.each(chosen)('%s', async (name, scenario) => {
    const began = Date.now();
    const figures = await scenario(house);
    await house.settle();
    process.stdout.write(`${JSON.stringify({ chaos: name, seconds: Math.round((Date.now() - began) / 1_000), ...figures })}\n`);
  }, LIMIT_MS);
});
