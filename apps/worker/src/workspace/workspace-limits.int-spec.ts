import { StopError } from '@app/common';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { GitWorkspace } from './git-workspace';
import { never, WorkspaceFixture } from './testing/workspace-fixture';

jest.setTimeout(30_000);
const OPTIONS = { timeoutMs: 15_000, maxOutputBytes: 20_000 } as const;

describe('limits of a workspace', () => {
  let fixture: WorkspaceFixture;
  let workspace: GitWorkspace;

  beforeAll(async () => {
    fixture = await WorkspaceFixture.create({ memoryMb: 400, diskMb: 96, processes: 64 });
    await fixture.commit({ 'a.txt': 'a\n' });
    workspace = await fixture.open();
  });
  afterAll(() => fixture.remove());

  /** After whatever happened: the worker lives, the files are there, and the next command runs. */
  const stillWorks = async (): Promise<void> => {
    await expect(workspace.exec('cat a.txt; ls /proc | grep -cE "^[0-9]+$"', OPTIONS, never)).resolves.toMatchObject({ exitCode: 0, killed: null, output: expect.stringMatching(/^a\n[4-7]\n$/) as string });
    await expect(workspace.read('a.txt', 1, 1)).resolves.toMatchObject({ lines: ['a'] });
  };

  it('tells exit codes and keeps output in order', async () => {
    await expect(workspace.exec('echo one; echo two >&2; echo three; exit 7', OPTIONS, never)).resolves.toMatchObject({ exitCode: 7, output: 'one\ntwo\nthree\n', outputBytes: 14, truncated: false, killed: null });
    await expect(workspace.exec('kill -9 $$', OPTIONS, never)).resolves.toMatchObject({ exitCode: 137, killed: null });
    await stillWorks();
  });

  it('keeps the beginning and the end of a long output and counts the rest', async () => {
    const result = await workspace.exec('echo first; head -c 3000000 /dev/zero | tr "\\0" x; echo; echo last', OPTIONS, never);
    expect(result).toMatchObject({ exitCode: 0, truncated: true, killed: null, outputBytes: 3_000_012 });
    expect(Buffer.byteLength(result.output)).toBeLessThanOrEqual(OPTIONS.maxOutputBytes);
    expect(result.output).toMatch(/^first\nx+\n\[\.\.\. \d+ bytes left out \.\.\.\]\nx+\nlast\n$/);
  });

  it('ends a command at its deadline, with what it left behind', async () => {
    const result = await workspace.exec('setsid sleep 777 & echo begun; sleep 777', { ...OPTIONS, timeoutMs: 400 }, never);
    expect(result).toMatchObject({ exitCode: null, killed: 'timeout', output: 'begun\n' });
    await stillWorks();
  });

  it('ends what a finished command left behind', async () => {
    await expect(workspace.exec('(setsid nohup sleep 888 >/dev/null 2>&1 &); sleep 999 & echo done', OPTIONS, never)).resolves.toMatchObject({ exitCode: 0, output: 'done\n' });
    await stillWorks();
  });

  it('ends output without end', async () => {
    const before = process.memoryUsage().rss;
    await expect(workspace.exec('yes', OPTIONS, never)).resolves.toMatchObject({ exitCode: null, killed: 'output', truncated: true });
    expect(process.memoryUsage().rss - before).toBeLessThan(200 * 1024 ** 2);
    await stillWorks();
  });

  it('ends a command that takes too much memory and says so', async () => {
    const result = await workspace.exec('echo begun; node -e "const a = []; setInterval(() => a.push(Buffer.alloc(10485760, 1)), 5)"', OPTIONS, never);
    expect(result).toMatchObject({ exitCode: null, killed: 'memory', output: 'begun\n' });
    await stillWorks();
  });

  it('ends a command that fills the disk; the agent can tidy up afterwards', async () => {
    const fill = 'i=0; while true; do head -c 8000000 /dev/zero > f$i; i=$((i+1)); sleep 0.02; done';
    await expect(workspace.exec(fill, OPTIONS, never)).resolves.toMatchObject({ exitCode: null, killed: 'disk' });
    await expect(workspace.exec('rm f*; ls', OPTIONS, never)).resolves.toMatchObject({ exitCode: 0, output: 'a.txt\n' });
    await stillWorks();
  });

  it('survives a fork bomb', async () => {
    await expect(workspace.exec('b() { b | b & }; b; sleep 100', { ...OPTIONS, timeoutMs: 2_000 }, never)).resolves.toMatchObject({ killed: 'timeout' });
    await stillWorks();
  });

  it('survives a command that kills everything it can reach', async () => {
    await expect(workspace.exec('kill -9 -1; sleep 5', OPTIONS, never)).resolves.toMatchObject({ exitCode: 137, killed: null });
    await stillWorks();
  });

  it('stops at once when it is told to, and throws the reason', async () => {
    const stop = new AbortController();
    setTimeout(() => stop.abort(new StopError('cancel')), 300);
    const started = performance.now();
    await expect(workspace.exec('sleep 1000', { ...OPTIONS, timeoutMs: 600_000 }, stop.signal)).rejects.toMatchObject({ stopCause: 'cancel' });
    expect(performance.now() - started).toBeLessThan(5_000);
    await expect(workspace.exec('true', OPTIONS, stop.signal)).rejects.toBeInstanceOf(StopError);
    await stillWorks();
  });

  it('lets no command write to the seed, the program or the system', async () => {
    const result = await workspace.exec('for f in /opt/async-coder/seed.git/x /opt/async-coder/tools/x /usr/x /etc/x /x /workspace/x /workspace/private/x; do echo > $f && echo "wrote $f"; done 2>/dev/null; ls /workspace', OPTIONS, never);
    expect(result.output).toBe('deps\nhome\nrepo\nscratch\n');
  });

  it('lets a mode without write rights write nothing', async () => {
    const reader = await fixture.open({ readOnly: true, setupCommand: 'touch x' });
    await expect(reader.write('b.txt', 'b')).rejects.toMatchObject({ code: 'denied' });
    await expect(reader.exec('echo b > b.txt', OPTIONS, never)).resolves.toMatchObject({ exitCode: 1 });
    await expect(reader.spill('x', 'y')).resolves.toBe('/workspace/scratch/out/x');
    await expect(reader.search({ pattern: 'a', maxMatches: 5 })).resolves.toMatchObject({ matches: [{ path: 'a.txt' }] });
    await expect(reader.diff()).resolves.toEqual({ files: [], patch: '' });
    expect(reader.setup).toBeNull();
    await reader.dispose();
  });

  it('runs the set-up command in the tree and in the base', async () => {
    const made = await fixture.open({ setupCommand: 'mkdir node_modules && echo ready > node_modules/x && printf "node_modules\\n" > .git/info/exclude; exit 3' });
    expect(made.setup).toMatchObject({ exitCode: 3 });
    await expect(made.read('node_modules/x', 1, 1)).resolves.toMatchObject({ lines: ['ready'] });
    await expect(made.base.read('node_modules/x', 1, 1)).resolves.toMatchObject({ lines: ['ready'] });
    await made.dispose();
  });

  it('refuses a checkout that is larger than half of the disk, and leaves nothing', async () => {
    await fixture.commit({ 'big.bin': Buffer.alloc(60 * 1024 ** 2) }, 'big');
    const before = await readdir(join(fixture.dataDir, 'workspaces'));
    await expect(fixture.factory.open(fixture.request({ ref: 'big' }))).rejects.toMatchObject({ code: 'git_too_large' });
    await expect(readdir(join(fixture.dataDir, 'workspaces'))).resolves.toEqual(before);
  });

  it('counts 10^10 files of a tree that holds itself many times, without making them', async () => {
    const bomb = `
      git init -q bomb && cd bomb && tree=$(printf x | git hash-object -w --stdin) && tree=$(printf '100644 blob %s\\tf' $tree | git mktree)
      for level in 1 2 3 4 5 6 7 8 9 10; do list=; for i in 0 1 2 3 4 5 6 7 8 9; do list="$list$(printf '040000 tree %s\\td%s\\\\n' $tree $i)"; done; tree=$(printf "$list" | git mktree); done
      git push -q ../remote.git $(git commit-tree $tree -m bomb):refs/heads/bomb`;
    await fixture.shell(bomb);
    await expect(fixture.factory.open(fixture.request({ ref: 'bomb' }))).rejects.toMatchObject({ code: 'git_too_large' });
  });
});
