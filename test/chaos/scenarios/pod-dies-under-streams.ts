import { connect, type Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import type { AppProcess } from '../../support/app-process';
import type { ChaosHouse } from '../chaos-house';
import { lengths } from '../lengths';
import { inviteColleagues, type Colleague } from '../people';
import { StreamClient } from '../stream-client';

const PER_PERSON = 10;
/** What a slow reader's task has to say: together far more than the API may keep. */
const EVENT_BYTES = 20_000;
const MOST_GROWTH_MB = 50;

/** R10: half of the readers lose their process in the middle; each sees every event once. Readers that do not read cost no memory. */
export async function podDiesUnderStreams(house: ChaosHouse): Promise<object> {
  const { clients, slow } = lengths.streams;
  await house.keep(2, 2);
  const people = await inviteColleagues(house, Math.ceil(Math.max(clients, slow) / PER_PERSON) + 1);
  const tasks = await house.handInMany(Math.min(4, Math.ceil(clients / 10)), 'CHAOS-TALK');
  const readers = Array.from({ length: clients }, (_, n) => new StreamClient(() => house.apis.filter(({ isRunning }) => isRunning).map(({ url }) => url), tasks[n % tasks.length]!, people[n % people.length]!, n));
  await house.until(async () => (await house.inStep(tasks, 4)) === tasks.length);
  await house.apis[0]!.kill();
  expect(await house.ended(tasks)).toEqual({ completed: tasks.length });
  const late = setTimeout(() => readers.forEach((reader) => reader.giveUp()), 30_000);
  await Promise.all(readers.map(({ done }) => done));
  clearTimeout(late);
  const { rows } = await house.database.query<{ id: string; last: number }>('SELECT task_id AS id, last_event_seq::integer AS last FROM task_counters WHERE task_id = ANY($1)', [tasks]);
  const last = new Map(rows.map((row) => [row.id, row.last]));
  for (const [n, { ids }] of readers.entries()) expect(ids).toEqual(Array.from({ length: last.get(tasks[n % tasks.length]!)! }, (_, seq) => seq + 1));
  const moved = readers.filter(({ reconnects }) => reconnects > 0).length;
  expect(moved).toBeGreaterThanOrEqual(clients / 4);
  const growth = await slowReaders(house, tasks[0]!, people);
  expect(growth).toBeLessThan(MOST_GROWTH_MB);
  return { clients, moved, eventsEach: [...last.values()], slow, slowReadersMb: Math.round(growth) };
}

/** How much memory the surviving process gains while nobody takes what it has for them. */
async function slowReaders(house: ChaosHouse, taskId: string, people: readonly Colleague[]): Promise<number> {
  const { slow, events } = lengths.streams;
  const api = house.apis.find(({ isRunning }) => isRunning)!;
  await house.database.query(
    `WITH counted AS (UPDATE task_counters SET last_event_seq = last_event_seq + $2 WHERE task_id = $1 RETURNING last_event_seq)
     INSERT INTO task_events (task_id, seq, type, data) SELECT $1, last_event_seq - $2 + n, 'nudge', jsonb_build_object('text', repeat('x', $3)) FROM counted, generate_series(1, $2) n`,
    [taskId, events, EVENT_BYTES],
  );
  // As many who do read: what a process needs to send all that once is not what slow readers cost.
  await Promise.all(Array.from({ length: slow }, (_, n) => new StreamClient(() => [api.url], taskId, people[n % people.length]!, n).done));
  const before = await restingMemory(api);
  const sockets = Array.from({ length: slow }, (_, n) => neverReads(api.url, taskId, people[n % people.length]!));
  let most = before;
  for (let look = 0; look < 15; look += 1) {
    await wait(200);
    most = Math.max(most, api.memory);
  }
  for (const socket of sockets) socket.destroy();
  return most - before;
}

/** After whatever ran before, so that its garbage is not ours. */
async function restingMemory(api: AppProcess): Promise<number> {
  for (let before = Infinity, tries = 0; tries < 10; tries += 1) {
    await wait(200);
    if (Math.abs(api.memory - before) < 1) break;
    before = api.memory;
  }
  return api.memory;
}

function neverReads(url: string, taskId: string, { accessToken, organizationId }: Colleague): Socket {
  const socket = connect({ port: Number(new URL(url).port), host: '127.0.0.1' });
  socket.pause();
  socket.on('error', () => undefined);
  socket.write(`GET /api/v1/tasks/${taskId}/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${accessToken}\r\nX-Organization-Id: ${organizationId}\r\nAccept: text/event-stream\r\n\r\n`);
  return socket;
}
