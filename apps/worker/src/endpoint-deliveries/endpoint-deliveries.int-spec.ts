import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTcpServer, type AddressInfo } from 'node:net';
import { loadConfig, Logger, StopError, SystemClock, type AppConfig, type Secret } from '@app/common';
import { DELIVERY_LEASE_SECONDS, deleteOldDeliveries, RETRY_WAITS_SECONDS, type ClaimedDelivery } from '@app/domain';
import { aTenant, TaskHouse, WebhookHouse, type Tenant } from '@app/domain/testing';
import type { JobProducer } from '@app/messaging';
import { Webhook } from 'standardwebhooks';
import { openTestDatabase, type TestDatabase } from '../../../../test/support/test-database';
import { EndpointDeliverySweeper } from '../maintenance/endpoint-delivery.sweeper';
import { DeliveryRunner } from './delivery-runner';
import { WebhookSender } from './webhook-sender';

interface Received {
  readonly path: string;
  readonly headers: Record<string, string>;
  readonly body: string;
}

/** Takes webhooks as a customer's server would; `answer` decides what it says. */
class Receiver {
  readonly received: Received[] = [];
  inFlight = 0;
  most = 0;
  answer: (request: Received, response: ServerResponse) => void = (_, response) => void response.writeHead(204).end();
  private readonly server: Server = createServer((request, response) => void this.take(request, response));

  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private async take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.inFlight += 1;
    this.most = Math.max(this.most, this.inFlight);
    response.on('close', () => (this.inFlight -= 1));
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const taken = { path: request.url ?? '', headers: request.headers as Record<string, string>, body: Buffer.concat(chunks).toString('utf8') };
    this.received.push(taken);
    this.answer(taken, response);
  }
}

/** The queue of one process: what is added runs, so many at once, and an id that waits or runs is one job. */
class SmallQueue {
  readonly added: string[] = [];
  private readonly known = new Set<string>();
  private waiting: string[] = [];
  private running = 0;
  run: (id: string) => Promise<void> = () => Promise.resolve();

  constructor(private readonly slots: number) {}

  readonly producer = { enqueue: (_: string, { deliveryId }: { deliveryId: string }) => Promise.resolve(this.add(deliveryId)) } as unknown as JobProducer;

  private add(id: string): boolean {
    this.added.push(id);
    if (this.known.has(id)) return true;
    this.known.add(id);
    this.waiting.push(id);
    this.next();
    return true;
  }

  private next(): void {
    while (this.running < this.slots && this.waiting.length > 0) {
      const id = this.waiting.shift()!;
      this.running += 1;
      void this.run(id).finally(() => {
        this.running -= 1;
        this.known.delete(id);
        this.next();
      });
    }
  }

  get isIdle(): boolean {
    return this.running === 0 && this.waiting.length === 0;
  }
}

const logger = Logger.create('silent', 'test');
const never = new AbortController().signal;
let database: TestDatabase;
let hooks: WebhookHouse;
let tenant: Tenant;
let receiver: Receiver;
let url: string;
beforeAll(async () => {
  database = await openTestDatabase();
  hooks = new WebhookHouse(database.dataSource);
  tenant = await aTenant(database.dataSource, { plan: { maxConcurrentTasks: null } });
});
beforeEach(async () => {
  receiver = new Receiver();
  url = await receiver.start();
  await database.dataSource.query('DELETE FROM webhook_endpoints');
});
afterEach(() => receiver.stop());
afterAll(() => database.close());

function configOf(nodeEnv: string): AppConfig {
  return { core: { ...loadConfig({ DATABASE_URL: database.url, JWT_SECRET: 'x'.repeat(32), KEK: Buffer.alloc(32, 7).toString('base64') }).core, isProduction: nodeEnv === 'production' } } as AppConfig;
}

/** What a worker does, with a queue that only notes or, with `slots`, runs what is added. */
function worker(nodeEnv = 'test', slots = 0): { runner: DeliveryRunner; queue: SmallQueue; sweep: () => Promise<number> } {
  const queue = new SmallQueue(slots);
  const runner = new DeliveryRunner(hooks.work, hooks.claims, new WebhookSender(configOf(nodeEnv), new SystemClock()), queue.producer, logger);
  queue.run = (id) => runner.run(id, never);
  const sweeper = new EndpointDeliverySweeper(hooks.work, hooks.claims, queue.producer);
  return { runner, queue, sweep: () => sweeper.run() };
}

const text = (secret: Secret): string => secret.use((value) => value);
const rowOf = async (endpointId: string) => (await hooks.sentTo(endpointId)).at(-1)!;
const endpointOf = async (id: string) => (await hooks.endpoints.find(database.dataSource.manager, tenant.organization.id, id))!;
/** Seconds until the next try. */
const waitOf = async (endpointId: string): Promise<number> =>
  Number((await database.dataSource.query<{ s: string }[]>(`SELECT extract(epoch FROM next_attempt_at - now()) AS s FROM webhook_endpoint_deliveries WHERE endpoint_id = $1`, [endpointId]))[0]!.s);
/** Lets the waits, or a dead worker's lease, pass. */
const pass = (endpointId: string): Promise<unknown> => database.dataSource.query(`UPDATE webhook_endpoint_deliveries SET next_attempt_at = now() - interval '6 s' WHERE endpoint_id = $1 AND status = 'pending'`, [endpointId]);

async function claimed(deliveryId: string): Promise<ClaimedDelivery> {
  const claim = await hooks.work.run((tx) => hooks.claims.claim(tx, deliveryId));
  if (claim.kind !== 'claimed') throw new Error(`not claimed: ${claim.kind}`);
  return claim.delivery;
}

describe('a delivery', () => {
  it('is one signed POST that a library of Standard Webhooks verifies', async () => {
    const { endpoint, secret } = await hooks.newEndpoint(tenant, ['*'], `${url}/hooks?team=1`);
    const house = new TaskHouse(database.dataSource);
    await house.newTask(tenant, { title: 'Ünïcode 😀' });
    const [created] = await hooks.sentTo(endpoint.id);
    await worker().runner.run(created!.id, never);
    const [got] = receiver.received;
    expect(got).toMatchObject({ path: '/hooks?team=1', body: created!.body, headers: { 'content-type': 'application/json', 'user-agent': 'AsyncCoder-Webhooks/1', 'webhook-id': created!.eventId } });
    expect(new Webhook(text(secret)).verify(got!.body, got!.headers)).toMatchObject({ id: created!.eventId, type: 'task.created', data: { title: 'Ünïcode 😀', previousStatus: null } });
    const [done] = await hooks.sentTo(endpoint.id);
    expect(done).toMatchObject({ status: 'delivered', attempts: 1, lastStatus: 204, lastError: null, deliveredAt: expect.any(Date) as Date });
    expect(await endpointOf(endpoint.id)).toMatchObject({ lastSuccessAt: expect.any(Date) as Date, lastFailureAt: null });
  });

  it('carries two signatures while its secret is being replaced, then one', async () => {
    const { endpoint, secret: old } = await hooks.newEndpoint(tenant, ['*'], url);
    const { organizationId, endpointId } = { organizationId: tenant.organization.id, endpointId: endpoint.id };
    const { secret: next, endpoint: rotated } = await hooks.work.run((tx) => hooks.endpoints.rotate(tx, { organizationId, id: endpointId }, 3_600));
    expect(rotated.previousSecretExpiresAt!.getTime()).toBeGreaterThan(Date.now() + 3_500_000);
    const { runner } = worker();
    await runner.run(await hooks.newPing(tenant, endpointId), never);
    for (const secret of [old, next]) expect(new Webhook(text(secret)).verify(receiver.received[0]!.body, receiver.received[0]!.headers)).toMatchObject({ type: 'ping', data: {} });
    await database.dataSource.query(`UPDATE webhook_endpoints SET previous_secret_expires_at = now() - interval '1 s' WHERE id = $1`, [endpointId]);
    expect((await endpointOf(endpointId)).previousSecretExpiresAt).toBeNull();
    await runner.run(await hooks.newPing(tenant, endpointId), never);
    expect(() => new Webhook(text(old)).verify(receiver.received[1]!.body, receiver.received[1]!.headers)).toThrow();
    expect(new Webhook(text(next)).verify(receiver.received[1]!.body, receiver.received[1]!.headers)).toBeDefined();
    const { secret: last } = await hooks.work.run((tx) => hooks.endpoints.rotate(tx, { organizationId, id: endpointId }, 0));
    await runner.run(await hooks.newPing(tenant, endpointId), never);
    expect(receiver.received[2]!.headers['webhook-signature']!.split(' ')).toHaveLength(1);
    expect(new Webhook(text(last)).verify(receiver.received[2]!.body, receiver.received[2]!.headers)).toBeDefined();
  });

  it('counts as a failed try, and sends nothing, when the secret cannot be opened', async () => {
    const { endpoint } = await hooks.newEndpoint(tenant, ['*'], url);
    const id = await hooks.newPing(tenant, endpoint.id);
    await database.dataSource.query(`UPDATE webhook_endpoints SET secret_enc = set_byte(secret_enc, 20, get_byte(secret_enc, 20) # 1) WHERE id = $1`, [endpoint.id]);
    await worker().runner.run(id, never);
    expect(receiver.received).toEqual([]);
    expect(await rowOf(endpoint.id)).toMatchObject({ status: 'pending', attempts: 1, lastStatus: null, lastError: expect.stringContaining('rotate it') as string });
    expect(await waitOf(endpoint.id)).toBeGreaterThan(2);
  });

  it('is tried nine times by the plan, always under its id, then dead', async () => {
    receiver.answer = (_, response) => void response.writeHead(500).end('x'.repeat(100_000));
    const { endpoint } = await hooks.newEndpoint(tenant, ['*'], url);
    const id = await hooks.newPing(tenant, endpoint.id);
    const { runner } = worker();
    for (const wait of RETRY_WAITS_SECONDS) {
      await runner.run(id, never);
      const left = await waitOf(endpoint.id);
      expect(left).toBeGreaterThan(wait * 0.8 - 5);
      expect(left).toBeLessThan(wait * 1.2 + 1);
      // Not due: another job for it does nothing.
      const before = receiver.received.length;
      await runner.run(id, never);
      expect(receiver.received).toHaveLength(before);
      await pass(endpoint.id);
    }
    await runner.run(id, never);
    expect(await rowOf(endpoint.id)).toMatchObject({ status: 'dead', attempts: 9, lastStatus: 500, lastError: 'answered 500', deliveredAt: null });
    expect(receiver.received).toHaveLength(9);
    expect(new Set(receiver.received.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
    expect(new Set(receiver.received.map(({ body }) => body)).size).toBe(1);
    expect(await endpointOf(endpoint.id)).toMatchObject({ status: 'active', lastSuccessAt: null, lastFailureAt: expect.any(Date) as Date });
  });

  it('waits as long as a receiver asks', async () => {
    receiver.answer = (_, response) => void response.writeHead(429, { 'retry-after': '120' }).end();
    const { endpoint } = await hooks.newEndpoint(tenant, ['*'], url);
    await worker().runner.run(await hooks.newPing(tenant, endpoint.id), never);
    expect(await waitOf(endpoint.id)).toBeGreaterThan(115);
    expect(await waitOf(endpoint.id)).toBeLessThan(121);
  });

  it('is cut off after 10 s by a receiver that never answers, or never stops talking', async () => {
    const { endpoint } = await hooks.newEndpoint(tenant, ['*'], url);
    receiver.answer = (request, response) => {
      if (request.headers['webhook-id'] === undefined) return;
      if (receiver.received.length === 1) return;
      response.writeHead(200).write('x');
      const drip = setInterval(() => response.write('x'), 100);
      response.on('close', () => clearInterval(drip));
    };
    const { runner } = worker();
    const ids = [await hooks.newPing(tenant, endpoint.id), await hooks.newPing(tenant, endpoint.id)];
    const began = Date.now();
    await Promise.all(ids.map((id) => runner.run(id, never)));
    expect(Date.now() - began).toBeLessThan(14_000);
    const rows = await hooks.sentTo(endpoint.id);
    expect(rows.map(({ status, lastError }) => [status, lastError]).sort()).toEqual([['delivered', null], ['pending', 'no answer within 10 s']]);
  }, 30_000);

  it('is given back by a worker that must end', async () => {
    receiver.answer = () => undefined;
    const { endpoint } = await hooks.newEndpoint(tenant, ['*'], url);
    const id = await hooks.newPing(tenant, endpoint.id);
    const stop = new AbortController();
    const run = worker().runner.run(id, stop.signal);
    for (const end = Date.now() + 5_000; receiver.received.length === 0 && Date.now() < end; ) await new Promise((resolve) => setTimeout(resolve, 10));
    stop.abort(new StopError('shutdown'));
    await run;
    expect(await rowOf(endpoint.id)).toMatchObject({ status: 'pending', attempts: 0 });
    receiver.answer = (_, response) => void response.writeHead(200).end();
    await worker().runner.run(id, never);
    expect(await rowOf(endpoint.id)).toMatchObject({ status: 'delivered', attempts: 1 });
  });
});

describe('a worker that dies', () => {
  it('between claim and answer costs a lease: the same event comes again, and the dead one changes nothing any more', async () => {
    const { endpoint } = await hooks.newEndpoint(tenant, ['*'], url);
    const id = await hooks.newPing(tenant, endpoint.id);
    const zombie = await claimed(id);
    const { runner, queue, sweep } = worker();
    // Its lease holds: nobody else takes it, and no sweep asks for it.
    await runner.run(id, never);
    expect(await sweep()).toBe(0);
    expect([receiver.received.length, await waitOf(endpoint.id)]).toEqual([0, expect.closeTo(DELIVERY_LEASE_SECONDS, -1)]);
    await pass(endpoint.id);
    expect(await sweep()).toBe(1);
    expect(queue.added).toEqual([id]);
    receiver.answer = (_, response) => void response.writeHead(503).end();
    await runner.run(id, never);
    expect(await hooks.work.run((tx) => hooks.claims.succeeded(tx, zombie, { httpStatus: 200, durationMs: 1 }))).toBe(false);
    expect(await hooks.work.run((tx) => hooks.claims.failed(tx, zombie, { httpStatus: 410, error: 'x', durationMs: 1, retryInSeconds: null, isGone: true }))).toBe(false);
    expect(await rowOf(endpoint.id)).toMatchObject({ status: 'pending', attempts: 2, lastStatus: 503 });
    expect(await endpointOf(endpoint.id)).toMatchObject({ status: 'active' });
    expect(receiver.received.map(({ headers }) => headers['webhook-id'])).toEqual([zombie.eventId]);
  });

  it('before it could add a job loses nothing', async () => {
    const { endpoint } = await hooks.newEndpoint(tenant, ['*'], url);
    const id = await hooks.newPing(tenant, endpoint.id);
    const { queue, sweep } = worker();
    expect(await sweep()).toBe(0);
    await pass(endpoint.id);
    expect([await sweep(), queue.added]).toEqual([1, [id]]);
  });
});

describe('an endpoint', () => {
  it('that answers 410 is disabled at once, with what it was not sent yet', async () => {
    receiver.answer = (_, response) => void response.writeHead(410).end();
    const { endpoint } = await hooks.newEndpoint(tenant, ['*'], url);
    const [first] = [await hooks.newPing(tenant, endpoint.id), await hooks.newPing(tenant, endpoint.id)];
    await worker().runner.run(first, never);
    expect((await hooks.sentTo(endpoint.id)).map(({ status }) => status)).toEqual(['dead', 'cancelled']);
    expect(await endpointOf(endpoint.id)).toMatchObject({ status: 'disabled', disabledReason: 'failing' });
    const audit = await database.dataSource.query<{ actor_type: string; changes: object }[]>(`SELECT actor_type, changes FROM audit_logs WHERE target_id = $1 AND action = 'webhook_endpoint.disabled'`, [endpoint.id]);
    expect(audit).toMatchObject([{ actor_type: 'system', changes: { status: 'disabled', disabledReason: 'failing', why: 'the receiver answered 410 Gone' } }]);
    await hooks.newPing(tenant, endpoint.id);
    await worker().runner.run((await rowOf(endpoint.id)).id, never);
    expect(await rowOf(endpoint.id)).toMatchObject({ status: 'cancelled', attempts: 0 });
    expect(receiver.received).toHaveLength(1);
  });

  it('is disabled by 30 dead deliveries in a row, not by 29 and a good one', async () => {
    receiver.answer = (_, response) => void response.writeHead(500).end();
    const { endpoint } = await hooks.newEndpoint(tenant, ['*'], url);
    const { runner } = worker();
    const die = async (times: number): Promise<void> => {
      for (let n = 0; n < times; n += 1) {
        const id = await hooks.newPing(tenant, endpoint.id);
        await database.dataSource.query(`UPDATE webhook_endpoint_deliveries SET attempts = 8 WHERE id = $1`, [id]);
        await runner.run(id, never);
        expect(await rowOf(endpoint.id)).toMatchObject({ status: 'dead' });
      }
    };
    await die(29);
    receiver.answer = (_, response) => void response.writeHead(200).end();
    await runner.run(await hooks.newPing(tenant, endpoint.id), never);
    receiver.answer = (_, response) => void response.writeHead(500).end();
    await die(29);
    expect(await endpointOf(endpoint.id)).toMatchObject({ status: 'active' });
    await die(1);
    expect(await endpointOf(endpoint.id)).toMatchObject({ status: 'disabled', disabledReason: 'failing' });
  });

  it('that is disabled during a try gets no other', async () => {
    receiver.answer = (_, response) => void response.writeHead(500).end();
    const { endpoint } = await hooks.newEndpoint(tenant, ['*'], url);
    const delivery = await claimed(await hooks.newPing(tenant, endpoint.id));
    await hooks.work.run((tx) => hooks.endpoints.update(tx, { organizationId: tenant.organization.id, id: endpoint.id }, { status: 'disabled' }));
    expect(await rowOf(endpoint.id)).toMatchObject({ status: 'pending' });
    await hooks.work.run((tx) => hooks.claims.failed(tx, delivery, { httpStatus: 500, error: 'answered 500', durationMs: 1, retryInSeconds: 5, isGone: false }));
    expect(await rowOf(endpoint.id)).toMatchObject({ status: 'cancelled' });
  });

  it('has four tries under way at most, over all workers, and one while it fails', async () => {
    const { endpoint } = await hooks.newEndpoint(tenant, ['*'], url);
    const ids: string[] = [];
    for (let n = 0; n < 20; n += 1) ids.push(await hooks.newPing(tenant, endpoint.id));
    const claims = await Promise.all(ids.map((id) => hooks.work.run((tx) => hooks.claims.claim(tx, id))));
    const held = claims.flatMap((claim) => (claim.kind === 'claimed' ? [claim.delivery] : []));
    expect([held.length, claims.filter(({ kind }) => kind === 'full').length]).toEqual([4, 16]);
    for (const delivery of held) await hooks.work.run((tx) => hooks.claims.failed(tx, delivery, { httpStatus: 500, error: 'x', durationMs: 1, retryInSeconds: 600, isGone: false }));
    const waiting = ids.filter((id) => !held.some((delivery) => delivery.id === id));
    const later = await Promise.all(waiting.map((id) => hooks.work.run((tx) => hooks.claims.claim(tx, id))));
    expect(later.filter(({ kind }) => kind === 'claimed')).toHaveLength(1);
  });
});

describe('a burst', () => {
  it('of 300 events is delivered once each, four at a time, with no sweep', async () => {
    receiver.answer = (_, response) => void setTimeout(() => response.writeHead(200).end(), 5);
    const { endpoint } = await hooks.newEndpoint(tenant, ['*'], url);
    const { queue } = worker('test', 20);
    const ids: string[] = [];
    for (let n = 0; n < 300; n += 1) ids.push(await hooks.newPing(tenant, endpoint.id));
    for (const deliveryId of ids) void queue.producer.enqueue('endpoint-delivery', { deliveryId });
    for (const end = Date.now() + 25_000; !queue.isIdle && Date.now() < end; ) await new Promise((resolve) => setTimeout(resolve, 20));
    expect((await hooks.sentTo(endpoint.id)).filter(({ status }) => status !== 'delivered')).toHaveLength(0);
    expect(receiver.received).toHaveLength(300);
    expect(new Set(receiver.received.map(({ headers }) => headers['webhook-id'])).size).toBe(300);
    expect(receiver.most).toBeLessThanOrEqual(4);
  }, 60_000);

  it('of 1,000 to a dead endpoint does not stand before another endpoint', async () => {
    receiver.answer = (request, response) => {
      if (request.path === '/good') response.writeHead(200).end();
    };
    const dead = (await hooks.newEndpoint(tenant, ['*'], `${url}/dead`)).endpoint;
    const good = (await hooks.newEndpoint(tenant, ['*'], `${url}/good`)).endpoint;
    const first = await hooks.newPing(tenant, dead.id);
    await database.dataSource.query(
      `INSERT INTO webhook_endpoint_deliveries (id, organization_id, endpoint_id, event_id, event_type, body, next_attempt_at)
       SELECT gen_random_uuid(), organization_id, endpoint_id, 'evt_' || n, event_type, body, now() - interval '1 h' FROM webhook_endpoint_deliveries, generate_series(1, 999) n WHERE id = $1`,
      [first],
    );
    const { queue, sweep } = worker('test', 10);
    for (const { id } of await hooks.sentTo(dead.id)) void queue.producer.enqueue('endpoint-delivery', { deliveryId: id });
    // One whose job came behind all of these, and one whose job was lost.
    const began = Date.now();
    const behind = await hooks.newPing(tenant, good.id);
    void queue.producer.enqueue('endpoint-delivery', { deliveryId: behind });
    await hooks.newPing(tenant, good.id);
    await pass(good.id);
    await sweep();
    const delivered = async (): Promise<number> => (await hooks.sentTo(good.id)).filter(({ status }) => status === 'delivered').length;
    for (const end = Date.now() + 20_000; (await delivered()) < 2 && Date.now() < end; ) await new Promise((resolve) => setTimeout(resolve, 50));
    expect(await delivered()).toBe(2);
    // Long before the dead one's first tries have timed out one after the other.
    expect(Date.now() - began).toBeLessThan(20_000);
    expect((await hooks.sentTo(dead.id)).filter(({ status }) => status === 'delivered')).toHaveLength(0);
    expect(receiver.received.filter(({ path }) => path === '/dead').length).toBeLessThanOrEqual(12);
    await hooks.work.run((tx) => hooks.endpoints.delete(tx, { organizationId: tenant.organization.id, id: dead.id }));
    receiver.answer = (_, response) => void response.destroy();
    await receiver.stop();
    for (const end = Date.now() + 15_000; !queue.isIdle && Date.now() < end; ) await new Promise((resolve) => setTimeout(resolve, 50));
    expect((await hooks.sentTo(dead.id)).filter(({ status }) => status === 'pending')).toHaveLength(0);
    receiver = new Receiver();
    await receiver.start();
  }, 60_000);
});

describe('redelivery', () => {
  it.each(['delivered', 'dead', 'cancelled'])('of one that is %s sends the same event again, with all tries ahead', async (status) => {
    const { endpoint } = await hooks.newEndpoint(tenant, ['*'], url);
    const { organizationId, endpointId } = { organizationId: tenant.organization.id, endpointId: endpoint.id };
    const id = await hooks.newPing(tenant, endpointId);
    const { runner } = worker();
    await runner.run(id, never);
    await database.dataSource.query(`UPDATE webhook_endpoint_deliveries SET status = $2, attempts = 9, delivered_at = CASE WHEN $2 = 'delivered' THEN now() END WHERE id = $1`, [id, status]);
    await hooks.work.run((tx) => hooks.deliveries.redeliver(tx, { organizationId, endpointId, id }));
    expect(await rowOf(endpointId)).toMatchObject({ status: 'pending', attempts: 0, deliveredAt: null });
    await runner.run(id, never);
    expect(await rowOf(endpointId)).toMatchObject({ id, status: 'delivered', attempts: 1 });
    expect(receiver.received).toHaveLength(2);
    expect(receiver.received[0]!.headers['webhook-id']).toBe(receiver.received[1]!.headers['webhook-id']);
    expect(receiver.received[0]!.body).toBe(receiver.received[1]!.body);
  });

  it('of one that is under way changes nothing', async () => {
    const { endpoint } = await hooks.newEndpoint(tenant, ['*'], url);
    const delivery = await claimed(await hooks.newPing(tenant, endpoint.id));
    await hooks.work.run((tx) => hooks.deliveries.redeliver(tx, { organizationId: tenant.organization.id, endpointId: endpoint.id, id: delivery.id }));
    expect(await hooks.work.run((tx) => hooks.claims.succeeded(tx, delivery, { httpStatus: 200, durationMs: 1 }))).toBe(true);
  });
});

describe('addresses that lead inside', () => {
  let sink: ReturnType<typeof createTcpServer>;
  let connections = 0;
  let port: number;
  beforeAll(async () => {
    sink = createTcpServer((socket) => {
      connections += 1;
      socket.destroy();
    });
    await new Promise<void>((resolve) => sink.listen(0, resolve));
    port = (sink.address() as AddressInfo).port;
  });
  afterAll(() => new Promise((resolve) => sink.close(resolve)));

  const HOSTS = ['127.0.0.1', 'localhost', '[::1]', '2130706433', '0x7f.1', '[::ffff:127.0.0.1]', '0.0.0.0', '10.0.0.1', '192.168.0.1', '169.254.169.254', 'metadata.google.internal', '[fd00::1]'];

  it.each(HOSTS)('%s is not called in production, though the row holds it', async (host) => {
    const { endpoint } = await hooks.newEndpoint(tenant, ['*'], `https://${host}:${port}/`);
    await worker('production').runner.run(await hooks.newPing(tenant, endpoint.id), never);
    expect(await rowOf(endpoint.id)).toMatchObject({ status: 'pending', lastStatus: null, lastError: 'The address points at a private address.' });
    expect(connections).toBe(0);
  });

  it('are not reached by a redirect', async () => {
    receiver.answer = (_, response) => void response.writeHead(307, { location: `http://127.0.0.1:${port}/` }).end();
    const { endpoint } = await hooks.newEndpoint(tenant, ['*'], url);
    await worker().runner.run(await hooks.newPing(tenant, endpoint.id), never);
    expect(await rowOf(endpoint.id)).toMatchObject({ status: 'pending', lastStatus: 307, lastError: 'answered 307; redirects are not followed' });
    expect(connections).toBe(0);
  });

  it('say in words what failed, and nothing that a receiver said', async () => {
    await receiver.stop();
    const { endpoint } = await hooks.newEndpoint(tenant, ['*'], url);
    await worker().runner.run(await hooks.newPing(tenant, endpoint.id), never);
    expect(await rowOf(endpoint.id)).toMatchObject({ lastStatus: null, lastError: 'the connection was refused' });
    await receiver.start();
  });
});

describe('retention', () => {
  it('takes what is older than 30 days and settled', async () => {
    const { endpoint } = await hooks.newEndpoint(tenant, ['*'], url);
    const ids: string[] = [];
    for (let n = 0; n < 3; n += 1) ids.push(await hooks.newPing(tenant, endpoint.id));
    await worker().runner.run(ids[0]!, never);
    await worker().runner.run(ids[1]!, never);
    await database.dataSource.query(`UPDATE webhook_endpoint_deliveries SET created_at = now() - interval '31 days' WHERE id <> $1`, [ids[1]]);
    expect(await hooks.work.run((tx) => deleteOldDeliveries(tx, 100))).toBe(1);
    expect((await hooks.sentTo(endpoint.id)).map(({ id }) => id).sort()).toEqual([ids[1]!, ids[2]!].sort());
  });
});
