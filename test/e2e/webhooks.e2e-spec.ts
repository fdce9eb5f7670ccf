import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Webhook } from 'standardwebhooks';
import { ApiClient } from '../support/api-client';
import { RunningQuickstart } from '../support/quickstart';

interface Event {
  readonly path: string;
  readonly headers: Record<string, string>;
  readonly body: string;
  readonly type: string;
  readonly data: Record<string, unknown>;
}

/** A customer's server: it keeps what comes and answers as it is told. */
class Receiver {
  readonly events: Event[] = [];
  status = 204;
  private readonly server: Server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString('utf8');
      const { type, data } = JSON.parse(body) as Pick<Event, 'type' | 'data'>;
      this.events.push({ path: request.url ?? '', headers: request.headers as Record<string, string>, body, type, data });
      response.writeHead(this.status).end();
    });
  });

  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  stop(): void {
    this.server.close();
    this.server.closeAllConnections();
  }

  /** Events of one path, once one of the given type has come. */
  async until(path: string, type: string, times = 1, limitMs = 60_000): Promise<Event[]> {
    for (const end = Date.now() + limitMs; ; ) {
      const events = this.events.filter((event) => event.path === path);
      if (events.filter((event) => event.type === type).length >= times) return events;
      if (Date.now() > end) throw new Error(`no ${type} came to ${path}, only: ${events.map((event) => event.type).join(', ')}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

/** What happens in the API and in a worker reaches a receiver outside, signed. */
describe('webhooks', () => {
  let house: RunningQuickstart;
  let ada: ApiClient;
  let receiver: Receiver;
  let url: string;

  beforeAll(async () => {
    house = await RunningQuickstart.start();
    ada = new ApiClient(house.state.apiUrl, house.state.users[0]!.accessToken);
    receiver = new Receiver();
    url = await receiver.start();
  }, 180_000);

  afterAll(async () => {
    receiver?.stop();
    await house?.stop();
  }, 60_000);

  it('tell all of a task that becomes a pull request, to the endpoint and to its own callback', async () => {
    const made = await ada.post('/webhook-endpoints', { url: `${url}/all`, events: ['*'] });
    expect(made.status).toBe(201);
    const { id, secret } = made.body as { id: string; secret: string };
    expect((await ada.post(`/webhook-endpoints/${id}/ping`)).status).toBe(202);
    await receiver.until('/all', 'ping');

    const callbackSecret = `whsec_${Buffer.alloc(48, 11).toString('base64')}`;
    const prompt = 'The test suite fails: fix the bug that makes it fail. Change the source, not the test.';
    const task = await ada.post('/tasks', { prompt, repositoryId: house.state.repository.id, callbackUrl: `${url}/one`, callbackSecret });
    expect(task).toMatchObject({ status: 201, body: { callbackUrl: `${url}/one` } });
    await ada.until(String(task.body.id), ['completed', 'failed']);

    const told = ['task.created', 'task.queued', 'task.started', 'task.pull_request.opened', 'task.completed'];
    for (const [path, key, more] of [['/all', secret, ['ping']], ['/one', callbackSecret, []]] as const) {
      await receiver.until(path, 'task.completed');
      for (const type of told) await receiver.until(path, type);
      const events = receiver.events.filter((event) => event.path === path);
      expect(events.map(({ type }) => type).sort()).toEqual([...told, ...more].sort());
      for (const event of events) expect(new Webhook(key).verify(event.body, event.headers)).toMatchObject({ id: event.headers['webhook-id'], type: event.type });
      expect(() => new Webhook(key === secret ? callbackSecret : secret).verify(events[0]!.body, events[0]!.headers)).toThrow();
    }
    const shown = (await ada.get(`/tasks/${String(task.body.id)}`)).body;
    for (const name of ['prompt', 'options', 'metadata']) delete shown[name];
    const completed = receiver.events.find((event) => event.path === '/one' && event.type === 'task.completed')!;
    expect(completed.data).toMatchObject({ id: task.body.id, status: 'completed', previousStatus: 'publishing', pullRequest: shown.pullRequest, verification: shown.verification });
    expect(Object.keys(completed.data).sort()).toEqual([...Object.keys(shown), 'previousStatus'].sort());
    expect(completed.body).not.toContain(prompt);
    // The same event has the same id wherever it goes.
    const ids = (path: string): string[] => receiver.events.filter((event) => event.path === path && event.type !== 'ping').map((event) => event.headers['webhook-id']!).sort();
    expect(ids('/one')).toEqual(ids('/all'));
    await ada.send('DELETE', `/webhook-endpoints/${id}`);
  }, 150_000);

  it('come again after a failure, and on request, under the same id', async () => {
    receiver.status = 503;
    const { body } = await ada.post<{ id: string }>('/webhook-endpoints', { url: `${url}/again`, events: ['task.created'] });
    const { deliveryId } = (await ada.post<{ deliveryId: string }>(`/webhook-endpoints/${body.id}/ping`)).body;
    await receiver.until('/again', 'ping');
    receiver.status = 204;
    // The first retry is due after 5 s, and swept within 5 more.
    await receiver.until('/again', 'ping', 2, 30_000);
    const path = `/webhook-endpoints/${body.id}/deliveries/${deliveryId}`;
    const delivered = async (): Promise<Record<string, unknown>> => (await ada.get(path)).body;
    for (const end = Date.now() + 5_000; (await delivered()).status !== 'delivered' && Date.now() < end; ) await new Promise((resolve) => setTimeout(resolve, 50));
    expect(await delivered()).toMatchObject({ status: 'delivered', attempts: 2, lastStatus: 204 });
    expect((await ada.post(`${path}/redeliver`)).status).toBe(202);
    const events = await receiver.until('/again', 'ping', 3);
    expect(new Set(events.map((event) => event.headers['webhook-id'])).size).toBe(1);
  }, 90_000);

  it('outlive the worker that was sending them', async () => {
    const { body } = await ada.post<{ id: string }>('/webhook-endpoints', { url: `${url}/later`, events: ['task.cancelled'] });
    for (const pid of house.state.pids.worker) process.kill(pid, 'SIGSTOP');
    const before = new Set(house.state.pids.worker);
    const { body: task } = await ada.post<{ id: string }>('/tasks', { prompt: 'Nobody begins this.', mode: 'ask', repositoryId: house.state.repository.id });
    await ada.send('DELETE', `/tasks/${task.id}`);
    for (const pid of before) process.kill(pid, 'SIGKILL');
    const [event] = await receiver.until('/later', 'task.cancelled', 1, 60_000);
    expect(event!.data).toMatchObject({ id: task.id, status: 'cancelled', previousStatus: 'queued' });
    await ada.send('DELETE', `/webhook-endpoints/${body.id}`);
  }, 120_000);
});
