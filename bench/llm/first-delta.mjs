// From the provider's first byte to the first piece on the reader's connection, through worker, bus and API.
import { mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openHouse } from '../agent/house.mjs';
import { startServer } from '../lib/proc.mjs';

export async function timeFirstDelta({ plan, record, say }) {
  const server = await startServer('model', ['bench/llm/server.mjs']);
  const house = await openHouse('compatible', { modelUrl: server.url, redis: true });
  try {
    const folder = mkdtempSync(join(house.scratch, 'small-'));
    writeFileSync(join(folder, 'README.md'), 'A repository.\n');
    const repository = await house.addRepository('small', folder);
    // The first fills caches.
    for (let n = 0; n <= plan.streams; n += 1) {
      const ms = await once(house, server, repository);
      if (n > 0) record.sample('PL4', ms);
    }
    say(`first byte to first piece: ${record.samples.PL4.map((ms) => ms.toFixed(1)).join(', ')} ms`);
  } finally {
    await house.close();
    await server.stop();
  }
}

async function once(house, server, repository) {
  const { id } = await house.client.post('/tasks', { repositoryId: repository.id, prompt: 'What is it?', mode: 'ask' });
  let heard = null;
  for await (const { event } of house.client.events(id)) {
    if (event === 'delta') heard ??= performance.timeOrigin + performance.now();
    if (event === 'done') break;
  }
  if (heard === null) throw new Error('the reader saw no piece of the answer');
  const { sentAt } = await (await fetch(`${server.url}/sent`)).json();
  return heard - sentAt;
}
