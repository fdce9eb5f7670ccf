import { identify, runProgram } from '@app/common';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { WorkspaceFixture } from '../workspace/testing/workspace-fixture';
import type { SandboxRun } from './bubblewrap';
import { processTree } from './process-tree';
import { sandboxArguments } from './sandbox-arguments';
import { preparedFolder } from './sandbox-folder';
import type { SandboxSpec } from './sandbox-spec';
import { SandboxUsers, type SandboxUser } from './sandbox-users';
import { Toolbox } from './toolbox';

jest.setTimeout(30_000);
const MIB = 1024 ** 2;
const isRoot = process.getuid?.() === 0;

describe('Bubblewrap', () => {
  let fixture: WorkspaceFixture;
  let user: SandboxUser;
  let folder: string;
  let server: Server;
  let port: number;

  beforeAll(async () => {
    fixture = await WorkspaceFixture.create();
    user = await new SandboxUsers().acquire();
    folder = join(fixture.folder, 'box');
    await preparedFolder(folder, user.identity);
    server = createServer((_, response) => response.end('reached')).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    port = (server.address() as AddressInfo).port;
  });
  afterAll(async () => {
    server.close();
    await user.release();
    await fixture.remove();
  });

  const spec = (script: string, more: Partial<SandboxSpec> = {}): SandboxSpec => ({
    identity: user.identity,
    mounts: [{ source: folder, target: '/workspace', writable: true }],
    workingFolder: '/workspace',
    env: { FROM_US: 'yes' },
    command: ['bash', '-c', script],
    limits: { memoryBytes: 512 * MIB, diskBytes: 64 * MIB, files: 20_000, processes: 64 },
    watchedFolder: folder,
    recordFolder: null,
    ...more,
  });
  const run = (script: string, more: Partial<SandboxSpec> & { timeoutMs?: number } = {}): Promise<SandboxRun> =>
    fixture.bubblewrap.run(spec(script, more), { timeoutMs: more.timeoutMs ?? 20_000, maxOutputBytes: 100_000 });
  const output = async (script: string): Promise<string> => (await run(`exec 2>&1\n${script}`)).stdout.toString();

  describe('what is inside', () => {
    it('has no environment of ours', async () => {
      process.env.CANARY_OF_THE_WORKER = 'canary-9431';
      const seen = await output('cat /proc/*/environ | tr "\\0" "\\n"; env');
      delete process.env.CANARY_OF_THE_WORKER;
      expect(seen).toContain('FROM_US=yes');
      expect(seen).not.toContain('canary-9431');
      const names = seen.split('\n').map((line) => line.split('=')[0] ?? '').filter(Boolean);
      expect(['FROM_US', 'HOME', 'LANG', 'OLDPWD', 'PATH', 'PWD', 'SHLVL', 'TERM', '_']).toEqual(expect.arrayContaining([...new Set(names)]));
    });

    it('has no files of the host but /usr', async () => {
      expect((await output('ls -A /')).split('\n').filter(Boolean).sort()).toEqual(expect.arrayContaining(['dev', 'etc', 'proc', 'tmp', 'usr', 'workspace']));
      expect(await output('ls -A / | grep -E "^(root|home|var|srv|run|mnt|boot|sys|work)$"')).toBe('');
      expect(await output('cat /etc/shadow /etc/hostname /etc/ssh/ssh_config')).toMatch(/^(cat: .*No such file or directory\n){3}$/);
      expect(await output('wc -l < /etc/passwd')).toBe('3\n');
      expect(await output('ls -A /tmp /dev/shm')).toBe('/dev/shm:\n\n/tmp:\n');
    });

    it('has no processes of the host, and inherits no descriptors', async () => {
      expect(Number(await output('ls /proc | grep -cE "^[0-9]+$"'))).toBeLessThan(8);
      expect(await output(`ls /proc/${process.pid}/cwd; kill -0 ${process.pid}`)).toMatch(/No such/);
      expect(await output('bash -c "ls /proc/self/fd | head -3 | tr \\"\\\\n\\" \\" \\"; ls /proc/1/fd 2>/dev/null | wc -l"')).toMatch(/^0 1 2 /);
    });

    it('has no network: neither the host’s loopback, nor unix sockets, nor names', async () => {
      expect(await (await fetch(`http://127.0.0.1:${port}/`)).text()).toBe('reached');
      expect(await output(`exec 3<>/dev/tcp/127.0.0.1/${port}`)).toContain('Connection refused');
      expect(await output('exec 3<>/dev/tcp/1.1.1.1/53')).toContain('Network is unreachable');
      expect(await output('getent hosts github.com; echo $?')).toBe('2\n');
      expect(await output('cat /proc/net/unix | wc -l')).toBe('1\n');
      expect(await output('grep -c : /proc/net/dev')).toBe('1\n');
    });

    it('cannot write anywhere but into its folder', async () => {
      expect(await output('for f in / /usr /etc /dev /opt /usr/bin /proc/sys/kernel /opt/async-coder/node/bin; do touch $f/x && echo "wrote $f"; done; true')).not.toContain('wrote');
      expect(await output('echo mine > file && cat file')).toBe('mine\n');
    });

    it('has no privileges and gets none', async () => {
      expect(await output('grep -E "^(CapEff|CapPrm|CapBnd|NoNewPrivs)" /proc/self/status | tr -d " \\t\\n"')).toMatch(/CapPrm:0{16}CapEff:0{16}CapBnd:0{16}NoNewPrivs:1/);
      expect(await output('unshare -Ur id; mount -t tmpfs none /workspace; id -u')).toMatch(/unshare failed[^]*1000\n$/);
      if (isRoot) expect((await runProgram('stat', { args: ['-c', '%u', join(folder, 'file')], env: { PATH: '/usr/bin' }, timeoutMs: 5_000, maxOutputBytes: 100 })).stdout.toString().trim()).toBe(String(user.identity?.uid));
    });

    it('runs our Node', async () => {
      expect(await output('node -p process.version')).toBe(`${process.version}\n`);
    });
  });

  describe('limits', () => {
    it('ends what runs too long, with everything it started', async () => {
      const started = performance.now();
      const result = await run('setsid sleep 1000 & sleep 1000', { timeoutMs: 500 });
      expect(result).toMatchObject({ exitCode: null, killed: 'timeout' });
      expect(performance.now() - started).toBeLessThan(10_000);
    });

    it('ends what takes too much memory, also spread over processes', async () => {
      const eat = (mib: number): string => `node -e "const a = []; setInterval(() => a.length < ${mib} / 10 && a.push(Buffer.alloc(10485760, 1)), 5)"`;
      await expect(run(eat(2_000))).resolves.toMatchObject({ exitCode: null, killed: 'memory' });
      await expect(run(`for i in 1 2 3; do ${eat(250)} & done; wait`)).resolves.toMatchObject({ exitCode: null, killed: 'memory' });
    });

    it('lets shared pages count once', async () => {
      const result = await run('node -e "const a = Buffer.alloc(200 * 1048576, 1); const {execSync} = require(\'child_process\'); console.log(a.length, execSync(\'echo hi\').length)"');
      expect(result).toMatchObject({ exitCode: 0, killed: null });
    });

    it('ends what fills the disk with many files, and a single file stops at the limit', async () => {
      const many = await run('i=0; while true; do head -c 8000000 /dev/zero > f$i || exit 9; i=$((i+1)); sleep 0.02; done');
      expect(many).toMatchObject({ exitCode: null, killed: 'disk' });
      await run('rm -f f*', { watchedFolder: null });
      const one = await run('head -c 100000000 /dev/zero > big; stat -c %s big; rm -f big');
      expect(one.stdout.toString()).toBe(`${64 * MIB}\n`);
    });

    it('survives a fork bomb, and another sandbox of the same user does not notice', async () => {
      const bomb = run('bomb() { bomb | bomb & }; bomb; sleep 1000', { timeoutMs: 25_000 });
      await new Promise((resolve) => setTimeout(resolve, 500));
      await expect(output('for i in $(seq 20); do sleep 0.1 & done; wait; echo fine')).resolves.toBe('fine\n');
      await expect(bomb).resolves.toMatchObject({ killed: 'processes' });
    });

    it('keeps no more output than asked for', async () => {
      const result = await run('head -c 50000000 /dev/zero');
      expect(result).toMatchObject({ exitCode: 0, truncated: true });
      expect(result.stdout.length).toBe(100_000);
    });

    it('does not let memory file systems be filled', async () => {
      const limits = { memoryBytes: 512 * MIB, diskBytes: 1_024 * MIB, files: 20_000, processes: 64 };
      const result = await run('exec 2>&1; head -c 100000000 /dev/zero > /dev/shm/x; head -c 100000000 /dev/zero > /tmp/x; stat -c %s /dev/shm/x /tmp/x', { limits });
      expect(result.stdout.toString()).toMatch(/No space left[^]*No space left[^]*\n67108864\n67108864\n$/);
    });
  });

  it('proves that a killed sandbox is gone', async () => {
    const sandbox = await fixture.bubblewrap.start(spec('setsid sleep 4321 & sleep 4321 & wait'));
    const init = sandbox.initPid ?? 0;
    await new Promise((resolve) => setTimeout(resolve, 300));
    const pids = processTree(init);
    expect(pids.length).toBeGreaterThanOrEqual(4);
    await sandbox.kill('stopped');
    for (const pid of pids) expect(await identify(pid)).toBeNull();
    await expect(sandbox.ended).resolves.toMatchObject({ killed: 'stopped' });
  });

  it('dies with the process that started it', async () => {
    // bwrap and all that it holds hang on the life of the parent, whatever the parent died of.
    const command = sandboxArguments(spec('setsid sleep 8765 & sleep 8765'), await new Toolbox(fixture.config).tools());
    const file = join(fixture.folder, 'parent.cjs');
    await writeFile(file, `const { spawn } = require('node:child_process');
      const child = spawn('setpriv', ${JSON.stringify(command)}, { stdio: ['ignore', 'ignore', 'inherit', 'pipe'], env: { PATH: '/usr/bin:/bin' }, detached: true });
      child.stdio[3].on('data', (d) => { const m = /"child-pid": *(\\d+)/.exec(d); if (m) { require('node:fs').writeFileSync(process.argv[2], m[1]); setTimeout(() => process.kill(process.pid, 'SIGKILL'), 300); } });`);
    const pidFile = join(fixture.folder, 'init-pid');
    await mkdir(fixture.folder, { recursive: true });
    await runProgram(process.execPath, { args: [file, pidFile], env: {}, timeoutMs: 20_000, maxOutputBytes: 10_000 });
    const init = Number(await readFile(pidFile, 'utf8'));
    expect(init).toBeGreaterThan(1);
    for (let i = 0; i < 100 && (await identify(init)); i++) await new Promise((resolve) => setTimeout(resolve, 50));
    expect(await identify(init)).toBeNull();
  });
});
