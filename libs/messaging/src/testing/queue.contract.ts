import type { INestApplicationContext } from '@nestjs/common';
import { newId } from '@app/common';
import { InvalidPayloadError } from '../queues/payload';
import { JobProducer } from '../queues/job-producer';
import { QueueServer } from '../queues/queue-server';
import { RecordingHandler, startMessaging, testSettings, until, type MessagingBackend } from './messaging-app';

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** What every queue backend does, whatever it is made of. */
export function describeQueueContract(name: string, backend: () => MessagingBackend): void {
  describe(`queue on ${name}`, () => {
    const apps: INestApplicationContext[] = [];

    async function worker(settings: Record<string, string> = {}): Promise<{ app: INestApplicationContext; handler: RecordingHandler; producer: JobProducer; log: () => string }> {
      const given = testSettings(backend(), settings);
      const app = await startMessaging(given, [RecordingHandler]);
      apps.push(app);
      return { app, handler: app.get(RecordingHandler), producer: app.get(JobProducer), log: given.log };
    }

    async function producerOnly(): Promise<JobProducer> {
      const app = await startMessaging(testSettings(backend()));
      apps.push(app);
      return app.get(JobProducer);
    }

    afterEach(async () => {
      await Promise.all(apps.splice(0).map((app) => app.close()));
      await backend().wipe();
    });

    it('gives each of many jobs to one worker, once', async () => {
      const producer = await producerOnly();
      const ids = Array.from({ length: 100 }, newId);
      const workers = [await worker(), await worker()];
      await Promise.all(ids.map((attemptId) => producer.enqueue('attempt', { attemptId })));
      const started = (): string[] => workers.flatMap(({ handler }) => handler.started);
      await until(() => started().length >= 100, 'all jobs started');
      await pause(200);
      expect(started().sort()).toEqual([...ids].sort());
    });

    it('joins doubles while they wait, and takes the same id again once it is over', async () => {
      const producer = await producerOnly();
      const attemptId = newId();
      const added = await Promise.all([1, 2, 3].map(() => producer.enqueue('attempt', { attemptId })));
      expect(added).toEqual([true, true, true]);
      const { handler } = await worker();
      await until(() => handler.ended.length === 1, 'the job ran');
      await pause(200);
      expect(handler.started).toEqual([attemptId]);
      await producer.enqueue('attempt', { attemptId });
      await until(() => handler.ended.length === 2, 'the job ran again');
    });

    it('takes the same id again after it failed', async () => {
      const { handler, producer, log } = await worker();
      handler.work = () => Promise.reject(new Error('broken on purpose'));
      const attemptId = newId();
      await producer.enqueue('attempt', { attemptId });
      await until(() => log().includes('broken on purpose'), 'the failure was logged');
      await pause(100);
      expect(handler.started).toHaveLength(1);
      handler.work = () => Promise.resolve();
      await producer.enqueue('attempt', { attemptId });
      await until(() => handler.ended.length === 2, 'the job ran again');
    });

    it('runs a job again when its handler says so', async () => {
      const { handler, producer } = await worker();
      handler.work = () => Promise.resolve(handler.started.length < 3 ? 'again' : undefined);
      await producer.enqueue('attempt', { attemptId: newId() });
      await until(() => handler.ended.length === 3, 'three runs');
    });

    it('never runs more jobs at once than WORKER_CONCURRENCY', async () => {
      const { handler, producer } = await worker({ WORKER_CONCURRENCY: '3' });
      let most = 0;
      handler.work = async () => {
        most = Math.max(most, handler.started.length - handler.ended.length);
        await pause(20);
      };
      await Promise.all(Array.from({ length: 30 }, () => producer.enqueue('attempt', { attemptId: newId() })));
      await until(() => handler.ended.length === 30, 'all jobs ended');
      expect(most).toBe(3);
    });

    it('takes urgent jobs first', async () => {
      const producer = await producerOnly();
      const [low, medium, high] = [newId(), newId(), newId()];
      await producer.enqueue('attempt', { attemptId: low }, 'low');
      await producer.enqueue('attempt', { attemptId: medium }, 'medium');
      await producer.enqueue('attempt', { attemptId: high }, 'high');
      const { handler } = await worker({ WORKER_CONCURRENCY: '1' });
      await until(() => handler.ended.length === 3, 'three jobs');
      expect(handler.started).toEqual([high, medium, low]);
    });

    it('refuses a bad payload on both sides', async () => {
      const { handler, producer, log } = await worker();
      expect(() => producer.enqueue('attempt', { attemptId: 'not-an-id' })).toThrow(InvalidPayloadError);
      expect(() => producer.enqueue('attempt', { attemptId: newId(), prompt: 'content' } as never)).toThrow(InvalidPayloadError);
      await putRaw(producer, newId(), { attemptId: 7 });
      await until(() => log().includes('is not valid'), 'the handler side refused it');
      expect(handler.started).toEqual([]);
    });

    it('loses nothing that is added again after its storage was emptied', async () => {
      const { handler, producer } = await worker();
      const ids = Array.from({ length: 20 }, newId);
      let release = (): void => undefined;
      const gate = new Promise<void>((resolve) => (release = resolve));
      handler.work = () => gate;
      await Promise.all(ids.map((attemptId) => producer.enqueue('attempt', { attemptId })));
      await until(() => handler.started.length > 0, 'some jobs run');
      await backend().wipe();
      release();
      // What the sweeper does: every row that is not done goes in again, by the same id.
      for (let round = 0; round < 20 && new Set(handler.ended).size < 20; round++) {
        for (const attemptId of ids.filter((id) => !handler.ended.includes(id))) await producer.enqueue('attempt', { attemptId });
        await pause(250);
      }
      expect(new Set(handler.ended)).toEqual(new Set(ids));
    });

    it('stops within its deadlines: running jobs are told, nothing new is taken', async () => {
      const { app, handler, producer } = await worker({ WORKER_CONCURRENCY: '1' });
      let reason: unknown;
      handler.work = (_id, { signal }) => new Promise((resolve) => signal.addEventListener('abort', () => resolve((reason = signal.reason) as undefined)));
      await Promise.all([1, 2].map(() => producer.enqueue('attempt', { attemptId: newId() })));
      await until(() => handler.started.length === 1, 'a job runs');
      const begun = Date.now();
      await app.get(QueueServer).stop();
      expect(Date.now() - begun).toBeLessThan(8_000);
      expect(reason).toMatchObject({ name: 'StopError', stopCause: 'shutdown' });
      expect(handler.started).toHaveLength(1);
    });
  });
}

/** Puts a payload past the producer's check, as a foreign writer would. */
async function putRaw(producer: JobProducer, id: string, data: object): Promise<void> {
  const opened = (producer as unknown as { opened: Map<string, { batcher: { add(job: object): Promise<boolean> } }> }).opened.get('attempt');
  if ((await opened?.batcher.add({ id, data, priority: 0 })) !== true) throw new Error('the queue did not take the job');
}
