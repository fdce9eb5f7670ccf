// Starts a Redis server of our own. The quickstart runs this file compiled, so it imports nothing of ours.
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface RunningRedis {
  readonly url: string;
  stop(): Promise<void>;
}

/** Whether the program is installed. */
export function redisIsInstalled(): boolean {
  return spawnSync('redis-server', ['--version']).status === 0;
}

/**
 * Starts a server on 127.0.0.1 that keeps nothing on disk and ends when this process does. `port`: where one was that was stopped.
 * @throws {Error} when the program is missing (the text says how to install it) or does not become ready in time.
 */
export async function startRedis({ deadlineMs = 20_000, port: wanted }: { deadlineMs?: number; port?: number } = {}): Promise<RunningRedis> {
  if (!redisIsInstalled()) throw new Error('redis-server is not installed: apt-get install redis-server');
  const folder = mkdtempSync(join(tmpdir(), 'async-coder-redis-'));
  for (let tries = 1; ; tries++) {
    const port = wanted ?? (await freePort());
    const child = serve(port, folder);
    try {
      await ready(child, deadlineMs);
    } catch (error) {
      child.kill('SIGKILL');
      // Somebody took the free port between our look and the server's bind.
      if (tries < 3 && String(error).includes('Address already in use')) continue;
      rmSync(folder, { recursive: true, force: true });
      throw error;
    }
    const endWithUs = () => void child.kill('SIGKILL');
    process.once('exit', endWithUs);
    return {
      url: `redis://127.0.0.1:${port}`,
      stop: async () => {
        process.removeListener('exit', endWithUs);
        await stop(child);
        rmSync(folder, { recursive: true, force: true });
      },
    };
  }
}

function serve(port: number, folder: string): ChildProcess {
  const dieWithParent = spawnSync('setpriv', ['--pdeathsig', 'KILL', 'true']).status === 0 ? ['setpriv', '--pdeathsig', 'KILL', '--'] : [];
  const settings = ['--bind', '127.0.0.1', '--port', String(port), '--save', '', '--appendonly', 'no', '--dir', folder, '--daemonize', 'no'];
  const command = [...dieWithParent, 'redis-server', ...settings];
  return spawn(command[0] as string, command.slice(1), { stdio: ['ignore', 'pipe', 'inherit'] });
}

function ready(child: ChildProcess, deadlineMs: number): Promise<void> {
  let log = '';
  return new Promise((resolve, reject) => {
    const fail = (why: string) => {
      clearTimeout(timer);
      reject(new Error(`Redis did not start: ${why}. Its log:\n${log || '(empty)'}`));
    };
    const timer = setTimeout(() => fail(`not ready after ${deadlineMs} ms`), deadlineMs);
    child.once('error', (error) => fail(error.message));
    child.once('exit', (code, signal) => fail(`it ended with ${String(code ?? signal)}`));
    child.stdout?.on('data', (bytes: Buffer) => {
      log = (log + bytes.toString()).slice(-20_000);
      if (!log.includes('Ready to accept connections')) return;
      clearTimeout(timer);
      resolve();
    });
  });
}

function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => {
    child.once('exit', () => resolve());
    child.kill('SIGKILL');
  });
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as AddressInfo;
      probe.close(() => resolve(port));
    });
  });
}
