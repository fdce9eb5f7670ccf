import { connect, type Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import type { AppProcess } from '../../support/app-process';
import { Balancer } from '../balancer';
import type { ChaosHouse } from '../chaos-house';
import { lengths } from '../lengths';
import { brokenPromises, Load, percentile, unavailable, whatFailed } from '../load';

const EXIT_MS = 30_000;

/** O1: pods of the API come and go behind a balancer that believes their readiness; no client sees any of it. */
export async function rollingRestarts(house: ChaosHouse): Promise<object> {
  const { rounds, perSecond, drainMs, idle } = lengths.restarts;
  const settings = { DRAIN_MS: String(drainMs) };
  let pods: readonly AppProcess[] = await Promise.all([house.startApi(settings), house.startApi(settings)]);
  const balancer = await Balancer.start(pods.map(({ url }) => url), Math.min(1_000, drainMs / 4));
  const load = new Load({ target: () => balancer.url, accessToken: house.accessToken, repositoryId: house.state.repository.id, perSecond });
  const exits: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    for (const old of pods) {
      const fresh = await house.startApi(settings);
      balancer.add(fresh.url);
      await until(() => balancer.ready.includes(fresh.url), 'the new pod is ready');
      exits.push(await goesInPeace(old, balancer, idle));
      balancer.remove(old.url);
      pods = [...pods.filter((one) => one !== old), fresh];
    }
  }
  const log = await load.stop();
  await balancer.stop();
  expect([whatFailed(log), unavailable(log).length]).toEqual([[], 0]);
  expect(log.length).toBeGreaterThan(perSecond);
  expect(await brokenPromises(house.database, log)).toEqual([]);
  return { restarts: exits.length, calls: log.length, failed: 0, longestExitMs: Math.max(...exits), p50Ms: percentile(log.map(({ ms }) => ms), 0.5), p99Ms: percentile(log.map(({ ms }) => ms), 0.99) };
}

/** SIGTERM with idle connections open: it serves on, says that it is going, closes them and ends. Returns how long that took. */
async function goesInPeace(pod: AppProcess, balancer: Balancer, idle: number): Promise<number> {
  const sockets = await Promise.all(Array.from({ length: idle }, () => IdleConnection.open(pod.url)));
  const began = Date.now();
  const ended = pod.stop();
  await until(() => !balancer.ready.includes(pod.url), 'the balancer sees that the old pod is going');
  // Who comes on an idle connection meanwhile is served, and told not to come again.
  expect(await sockets[0]!.ask()).toMatch(/^HTTP\/1\.1 200 .*connection: close/is);
  expect(sockets.slice(1).filter(({ isClosed }) => isClosed)).toEqual([]);
  expect(await ended).toMatchObject({ code: 0, signal: null });
  const took = Date.now() - began;
  expect(took).toBeLessThanOrEqual(EXIT_MS);
  await until(() => sockets.every(({ isClosed }) => isClosed), 'idle connections are closed');
  expect(sockets.map(({ error }) => error).filter((error) => error !== null)).toEqual([]);
  return took;
}

async function until(done: () => boolean, what: string): Promise<void> {
  for (const end = Date.now() + EXIT_MS; !done(); await wait(20)) if (Date.now() > end) throw new Error(`it did not happen that ${what}`);
}

/** A connection that was used once and is kept. */
class IdleConnection {
  isClosed = false;
  error: string | null = null;
  private heard = '';

  private constructor(private readonly socket: Socket) {
    socket.on('data', (bytes) => (this.heard += bytes.toString()));
    socket.on('error', (error) => (this.error = error.message));
    socket.on('close', () => (this.isClosed = true));
  }

  static async open(url: string): Promise<IdleConnection> {
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    const connection = new IdleConnection(socket);
    expect(await connection.ask()).toContain('HTTP/1.1 200');
    return connection;
  }

  async ask(): Promise<string> {
    this.heard = '';
    this.socket.write('GET /health/live HTTP/1.1\r\nHost: pod\r\n\r\n');
    await until(() => this.heard.includes('}') || this.isClosed, 'a kept connection answers');
    return this.heard;
  }
}
