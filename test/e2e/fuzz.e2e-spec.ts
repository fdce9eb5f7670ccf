import { randomInt } from 'node:crypto';
import { FuzzHouse } from '../fuzz/house';
import { printed, runFuzz } from '../fuzz/run-fuzz';

const REQUESTS = 50_000;
const MOST_GROWTH_MB = 400;

/** Everything that a client may get wrong, made from our own document: no 5xx, nothing off the document, nothing told about the machinery. */
describe('50,000 requests that are mostly wrong', () => {
  let house: FuzzHouse;

  beforeAll(async () => {
    house = await FuzzHouse.start();
  }, 120_000);

  afterAll(async () => {
    await house?.close();
  }, 60_000);

  it('get answers that keep to the document, and leave the API well', async () => {
    const seed = randomInt(2 ** 31);
    const before = house.memory();
    const report = await runFuzz(house, { requests: REQUESTS, seed });
    process.stdout.write(`${printed({ ...report, findings: [] })}\n`);
    if (report.findings.length > 0) throw new Error(`${printed(report)}\nAgain: npm run fuzz -- --seed ${seed}\n${house.alarms().slice(-10).join('\n')}`);
    expect(report.requests).toBeGreaterThanOrEqual(REQUESTS);
    expect(report.followUps).toBeGreaterThan(100);
    // An operation whose inside was never reached was not tested.
    expect(report.neverGood.length).toBeLessThan(report.operations / 4);
    expect(await house.isWell()).toBe(true);
    expect(house.memory() - before).toBeLessThan(MOST_GROWTH_MB);
  }, 600_000);
});
