import { execFileSync, spawn } from 'node:child_process';
import { chmodSync, cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startLlmPeer } from '../support/llm-peer';
import { redisIsInstalled, startRedis, type RunningRedis } from '../support/redis';

const root = join(__dirname, '../..');

interface Ended {
  readonly code: number | null;
  readonly output: string;
}

/** The command as a user runs it; the folders and processes that it makes are looked for afterwards. */
describe('npm run quickstart', () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'quickstart-e2e-'));
    // Temporary folders of the run are made in here, and sandbox users must be able to enter theirs.
    chmodSync(folder, 0o711);
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  function quickstart(args: readonly string[], env: Readonly<Record<string, string>> = {}): { ended: Promise<Ended>; output: () => string; stop: (signal: NodeJS.Signals) => void } {
    const child = spawn(join(root, 'node_modules/.bin/node'), ['scripts/quickstart.mjs', '--state', join(folder, 'state.json'), ...args], {
      cwd: root,
      env: { PATH: `${join(root, 'node_modules/.bin')}:${process.env.PATH}`, HOME: process.env.HOME, TMPDIR: folder, API_PORT: '0', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let text = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (text += chunk.toString()));
    const ended = new Promise<Ended>((resolve) => child.once('exit', (code) => resolve({ code, output: text })));
    return { ended, output: () => text, stop: (signal) => child.kill(signal) };
  }

  /** Processes whose command line names the folder. */
  function leftOver(): string[] {
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
      .filter((pid) => {
        try {
          return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(folder);
        } catch {
          return false;
        }
      });
  }

  /** A package's published source as a git repository. */
  function repositoryOf(name: string): string {
    const path = join(folder, 'package');
    cpSync(join(root, 'node_modules', name), path, { recursive: true });
    const git = (...args: string[]): void => void execFileSync('git', ['-c', 'user.name=Somebody', '-c', 'user.email=somebody@example.com', ...args], { cwd: path });
    git('init', '-q', '-b', 'trunk');
    git('add', '-A', '-f');
    git('commit', '-q', '-m', 'As published');
    return path;
  }

  it('--once carries the sample to its pull request and leaves nothing behind', async () => {
    const { code, output } = await quickstart(['--once']).ended;
    expect({ code, output }).toMatchObject({ code: 0 });
    expect(output).toMatch(/Pull request #1/);
    expect(output).toMatch(/at [0-9a-f]{40}/);
    expect(output).toContain('recorded session');
    expect(readdirSync(folder)).toEqual([]);
    expect(leftOver()).toEqual([]);
  }, 120_000);

  it('--once works on another repository, with the queue on Redis', async () => {
    expect(redisIsInstalled()).toBe(true);
    const redis: RunningRedis = await startRedis();
    try {
      const { code, output } = await quickstart(['--once', '--repo', repositoryOf('semver'), '--prompt', 'Describe this package.'], { REDIS_URL: redis.url }).ended;
      expect({ code, output }).toMatchObject({ code: 0 });
      expect(output).toContain('BullMQ on Redis');
      expect(output).toMatch(/Pull request #1/);
    } finally {
      await redis.stop();
    }
  }, 120_000);

  it('--once uses a compatible server when one is named, at its operator\'s price', async () => {
    const server = await startLlmPeer();
    try {
      const settings = { OPENAI_BASE_URL: `${server.url}/v1`, OPENAI_API_KEY: 'sk-local-0000000000000000000000', OPENAI_COMPATIBLE_MODEL: 'local-coder', OPENAI_COMPATIBLE_INPUT_USD: '0.5', OPENAI_COMPATIBLE_OUTPUT_USD: '1.5' };
      const { code, output } = await quickstart(['--once'], settings).ended;
      expect({ code, output }).toMatchObject({ code: 0 });
      expect(output).toContain('model: local-coder at');
      expect(output).not.toContain('recorded session');
      expect(server.requests().length).toBeGreaterThan(2);
      expect(new Set(server.requests().map((request) => request.model))).toEqual(new Set(['local-coder']));
    } finally {
      await server.stop();
    }
  }, 120_000);

  it('--once exits with 1 and says why when it cannot', async () => {
    const { code, output } = await quickstart(['--once', '--repo', join(folder, 'nothing-here')]).ended;
    expect(code).toBe(1);
    expect(output).toContain('git cannot clone');
    expect(output).toContain('--repo');
  }, 120_000);

  it.each(['SIGINT', 'SIGTERM'] as const)('%s stops everything that --serve started', async (signal) => {
    const run = quickstart(['--serve', '--api', '2', '--worker', '2']);
    for (const end = Date.now() + 90_000; !run.output().includes('Ctrl+C') && Date.now() < end; ) await new Promise((resolve) => setTimeout(resolve, 50));
    const state = JSON.parse(readFileSync(join(folder, 'state.json'), 'utf8')) as { pids: { api: number[]; worker: number[] }; peers: object; users: { role: string }[] };
    expect([state.pids.api.length, state.pids.worker.length]).toEqual([2, 2]);
    expect(state.peers).toMatchObject({ stripe: null, clerk: null });
    expect(state.users.map((user) => user.role)).toEqual(['user', 'user', 'admin']);
    run.stop(signal);
    await run.ended;
    for (const pid of [...state.pids.api, ...state.pids.worker]) expect(existsSync(`/proc/${pid}`)).toBe(false);
    expect(readdirSync(folder)).toEqual([]);
    expect(leftOver()).toEqual([]);
  }, 120_000);

  it('refuses options it does not know', async () => {
    const { code, output } = await quickstart(['--onec']).ended;
    expect(code).toBe(1);
    expect(output).toContain('--once');
  }, 30_000);
});
