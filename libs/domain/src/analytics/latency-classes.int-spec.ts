import fc from 'fast-check';
import { openTestDatabase, type TestDatabase } from '../../../../test/support/test-database';
import { sqlRows } from '../sql';
import { latencyClass, latencyQuantile, LATENCY_CLASSES } from './latency-classes';

let database: TestDatabase;
beforeAll(async () => {
  database = await openTestDatabase({ migrated: false });
});
afterAll(() => database.close());

/** How many calls of so long are in each class, as the fold counts them. */
async function classesOf(latencies: readonly number[]): Promise<number[]> {
  const rows = await sqlRows<{ class: number }>(database.dataSource.manager, `SELECT ${latencyClass('l')} AS class FROM unnest($1::integer[]) v(latency_ms), LATERAL (SELECT v.latency_ms, 'ok' AS outcome) l`, [latencies]);
  const classes = new Array<number>(LATENCY_CLASSES).fill(0);
  for (const row of rows) classes[row.class - 1]! += 1;
  return classes;
}

/** The smallest latency that the share of the calls did not exceed. */
const exactly = (latencies: readonly number[], share: number): number => [...latencies].sort((a, b) => a - b)[Math.max(0, Math.ceil(latencies.length * share) - 1)]!;

it('percentiles of a quarter of a second to 12 minutes are within 10 % of the exact ones', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.integer({ min: 211, max: 720_000 }), { minLength: 1, maxLength: 60 }), async (latencies) => {
      const classes = await classesOf(latencies);
      for (const share of [0.5, 0.95]) {
        const [told, exact] = [latencyQuantile(classes, share, Math.max(...latencies))!, exactly(latencies, share)];
        expect({ share, exact, told, off: Math.abs(told / exact - 1) < 0.1 }).toMatchObject({ off: true });
      }
    }),
    { numRuns: 60 },
  );
});

it('at the edges of classes too, and beyond the last one what took longest', async () => {
  for (let n = 0; n < LATENCY_CLASSES - 1; n += 1) {
    for (const latency of [Math.floor(250 * 2 ** (n / 4)), Math.ceil(250 * 2 ** (n / 4)) + 1].filter((one) => one < 720_000)) {
      expect(Math.abs(latencyQuantile(await classesOf([latency]), 0.5, 720_000)! / latency - 1)).toBeLessThan(0.1);
    }
  }
  expect(latencyQuantile(await classesOf([3_000_000, 900_000]), 0.95, 3_000_000)).toBe(3_000_000);
  expect(latencyQuantile(await classesOf([5, 9]), 0.5, 9)).toBe(9);
  expect(latencyQuantile(await classesOf([]), 0.5, 0)).toBeNull();
});
