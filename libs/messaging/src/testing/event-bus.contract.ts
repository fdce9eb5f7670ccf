import { newId } from '@app/common';
import type { TaskDelta, TaskEventBus } from '../events/task-event-bus';
import { until } from './messaging-app';

/** Two processes' ends of one bus, and how its connections are cut from outside. */
export interface BusUnderTest {
  readonly open: () => TaskEventBus;
  readonly cutConnections: () => Promise<void>;
}

/** What every event bus does, whatever it is made of. */
export function describeEventBusContract(name: string, backend: () => BusUnderTest): void {
  describe(`event bus on ${name}`, () => {
    let worker: TaskEventBus;
    let api: TaskEventBus;

    beforeEach(async () => {
      worker = backend().open();
      api = backend().open();
      await until(() => worker.isConnected() && api.isConnected(), 'both are connected');
    });
    afterEach(async () => {
      await Promise.all([worker.close(), api.close()]);
    });

    function listen(taskId: string): { news: () => number; deltas: TaskDelta[]; stop: () => void } {
      let news = 0;
      const deltas: TaskDelta[] = [];
      const stop = api.subscribe(taskId, { news: () => void news++, delta: (delta) => void deltas.push(delta) });
      return { news: () => news, deltas, stop };
    }

    /** Publishes until the listener hears: subscribing takes a moment, and a wake-up may be lost by contract. */
    async function wake(taskId: string, news: () => number): Promise<void> {
      const before = news();
      const timer = setInterval(() => worker.publishNews(taskId), 50);
      await until(() => news() > before, 'a wake-up arrived').finally(() => clearInterval(timer));
    }

    it('wakes the listeners of that task only, until they leave', async () => {
      const [task, other] = [newId(), newId()];
      const mine = listen(task);
      const theirs = listen(other);
      await wake(task, mine.news);
      expect(theirs.news()).toBe(0);
      mine.stop();
      await wake(other, theirs.news);
      const heard = mine.news();
      worker.publishNews(task);
      await wake(other, theirs.news);
      expect(mine.news()).toBe(heard);
    });

    it('carries an answer piece by piece in order, long ones and equal ones too', async () => {
      const taskId = newId();
      const reader = listen(taskId);
      await wake(taskId, reader.news);
      const pieces = ['a', 'a', 'a', '\u0000"\\ü😀'.repeat(2_000), 'end'];
      for (const text of pieces) worker.publishDelta({ taskId, kind: 'text', text });
      worker.publishDelta({ taskId, kind: 'think', text: 'hm' });
      await until(() => reader.deltas.some(({ kind }) => kind === 'think'), 'the last piece arrived');
      const text = reader.deltas.filter(({ kind }) => kind === 'text').map((delta) => delta.text);
      expect(text.join('')).toBe(pieces.join(''));
      // Joined, not one message a piece: the first alone, the rest cut only by size.
      expect(text[0]).toBe('a');
      expect(text.every((piece) => !/[\ud800-\udbff]$/.test(piece))).toBe(true);
    });

    it('connects again by itself, and then wakes everybody because something may have been missed', async () => {
      const taskId = newId();
      const reader = listen(taskId);
      await wake(taskId, reader.news);
      const before = reader.news();
      await backend().cutConnections();
      await until(() => reader.news() > before, 'woken without anything published');
      await until(() => worker.isConnected() && api.isConnected(), 'connected again');
      await wake(taskId, reader.news);
    });

    it('never throws, not even when it is closed', async () => {
      await worker.close();
      expect(() => worker.publishNews(newId())).not.toThrow();
      expect(() => worker.publishDelta({ taskId: newId(), kind: 'text', text: 'x' })).not.toThrow();
    });
  });
}
