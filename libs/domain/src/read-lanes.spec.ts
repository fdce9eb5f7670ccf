import { EventEmitter } from 'node:events';
import type { Asked, NamedAnswer } from './named-query';
import { ReadLanes } from './read-lanes';

const stream = { cork: () => undefined, uncork: () => undefined };
const query = (): void => undefined;

it('a lane that loses its connection within a turn is asked nothing more in that turn', async () => {
  const clients: EventEmitter[] = [];
  const pool = { options: {}, query, end: () => undefined };
  const lanes = new ReadLanes(pool, () => {
    const client = Object.assign(new EventEmitter(), { connection: { stream }, query, connect: () => Promise.resolve(), end: () => Promise.resolve() });
    clients.push(client);
    return client;
  });
  const asked: Asked[] = [];
  const ask = async (): Promise<NamedAnswer> => lanes.ask((one) => Promise.resolve({ rows: [] }).finally(() => asked.push(one)));

  await ask();
  await new Promise(setImmediate);
  expect(clients).toHaveLength(2);
  const before = ask();
  for (const client of clients) client.emit('error', new Error('gone'));
  await Promise.all([before, ask()]);
  expect(asked).toEqual([pool, clients[0], pool]);
});
