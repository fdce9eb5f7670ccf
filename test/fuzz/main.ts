// `npm run fuzz -- --requests N --seed N`: starts the API with a database and stand-ins, and sends it everything that a client may get wrong.
import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';
import { FuzzHouse } from './house';
import { printed, runFuzz } from './run-fuzz';

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { requests: { type: 'string', default: '50000' }, seed: { type: 'string', default: String(randomInt(2 ** 31)) } } });
  const requests = Number(values.requests);
  const seed = Number(values.seed);
  process.stdout.write(`seed ${seed}\n`);
  const house = await FuzzHouse.start();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void house.close().finally(() => process.exit(130)));
  const before = house.memory();
  await house.loopLag();
  try {
    let shown = 0;
    const progress = (done: number): void => {
      if (done - shown < requests / 20) return;
      shown = done;
      process.stdout.write(`${done} sent, ${house.memory()} MB\n`);
    };
    const report = await runFuzz(house, { requests, seed, progress });
    const isWell = await house.isWell();
    process.stdout.write(`${printed(report)}\n${house.alarms().slice(-20).join('\n')}\nmemory ${before} MB before, ${house.memory()} MB after; event loop ${await house.loopLag()} ms late at most, 99 times of 100; the API is ${isWell ? 'well' : 'NOT well'}\n`);
    process.exitCode = report.findings.length === 0 && isWell ? 0 : 1;
  } finally {
    await house.close();
  }
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
  process.exitCode = 1;
});
