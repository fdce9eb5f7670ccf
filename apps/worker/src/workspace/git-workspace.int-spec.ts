import { describeWorkspaceContract } from '@app/agent/testing';
import { identify, parseIdentity } from '@app/common';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { GitWorkspace } from './git-workspace';
import { never, WorkspaceFixture } from './testing/workspace-fixture';

jest.setTimeout(30_000);
const OPTIONS = { timeoutMs: 20_000, maxOutputBytes: 100_000 } as const;

async function ok(tree: { exec: GitWorkspace['exec'] }, command: string): Promise<string> {
  const result = await tree.exec(command, OPTIONS, never);
  expect({ exitCode: result.exitCode, output: result.exitCode === 0 ? '' : result.output }).toEqual({ exitCode: 0, output: '' });
  return result.output;
}

describeWorkspaceContract('GitWorkspace', async (files) => {
  const fixture = await WorkspaceFixture.create();
  await fixture.commit(files);
  return { workspace: await fixture.open(), dispose: () => fixture.remove() };
});

describe('GitWorkspace', () => {
  let fixture: WorkspaceFixture;
  let workspace: GitWorkspace;
  let base: string;

  beforeAll(async () => {
    fixture = await WorkspaceFixture.create();
    base = await fixture.commit(
      { 'README.md': '# hello\n', 'src/a.ts': 'export const a = 1;\n', 'src/b.ts': 'foo\nbar foo\n', '.gitignore': 'ignored/\n', 'bin/run': '#!/bin/sh\necho run\n', 'data.bin': Buffer.from([0, 1, 2, 255]), 'crlf.txt': 'a\r\nb\r\n', '.gitattributes': '*.txt text eol=lf\n' },
      'main',
      'chmod +x bin/run && ln -s ../README.md src/link && git -c core.autocrlf=false add -A',
    );
  });
  beforeEach(async () => {
    workspace = await fixture.open();
  });
  afterEach(() => workspace.dispose());
  afterAll(() => fixture.remove());

  it('starts at the pinned commit, with a repository of its own for the agent', async () => {
    expect(workspace.baseSha).toBe(base);
    expect(await ok(workspace, 'git log --format=%H; git branch --show-current; git status --porcelain; ./bin/run; readlink src/link')).toBe(`${base}\nmain\nrun\n../README.md\n`);
    expect(await ok(workspace, 'echo x > y && git add y && git commit -qm try && git log --oneline | wc -l && git reset -q --hard HEAD~1')).toBe('2\n');
  });

  it('reads, lists, searches and finds', async () => {
    await expect(workspace.read('src/b.ts', 2, 1)).resolves.toMatchObject({ totalLines: 2, fromLine: 2, lines: ['bar foo'], truncated: false });
    await expect(workspace.read('src/b.ts', 1, 1)).resolves.toMatchObject({ lines: ['foo'], truncated: true });
    await expect(workspace.list('src')).resolves.toEqual([
      { path: 'src/a.ts', kind: 'file', sizeBytes: 20 },
      { path: 'src/b.ts', kind: 'file', sizeBytes: 12 },
      { path: 'src/link', kind: 'link', sizeBytes: 0 },
    ]);
    expect((await workspace.list('.')).map(({ path }) => path)).not.toContain('.git');
    await ok(workspace, 'mkdir -p ignored && echo foo > ignored/x && echo foo > untracked.ts');
    await expect(workspace.search({ pattern: 'fo{2}', path: 'src', maxMatches: 10 })).resolves.toEqual({
      matches: [{ path: 'src/b.ts', line: 1, text: 'foo' }, { path: 'src/b.ts', line: 2, text: 'bar foo' }], truncated: false,
    });
    expect((await workspace.search({ pattern: 'FOO', ignoreCase: true, maxMatches: 1 })).truncated).toBe(true);
    await expect(workspace.search({ pattern: 'foo', glob: '*.{md,ts}', maxMatches: 10 })).resolves.toMatchObject({ matches: [{ path: 'src/b.ts' }, { path: 'src/b.ts' }, { path: 'untracked.ts' }] });
    await expect(workspace.search({ pattern: 'nowhere', maxMatches: 10 })).resolves.toEqual({ matches: [], truncated: false });
    await expect(workspace.search({ pattern: '(', maxMatches: 10 })).rejects.toMatchObject({ code: 'invalid_path' });
    await ok(workspace, 'rm -rf src/a.ts');
    await expect(workspace.glob('**/*.ts', 10)).resolves.toEqual({ paths: ['src/b.ts', 'untracked.ts'], truncated: false });
    await ok(workspace, 'rm -rf .git');
    await expect(workspace.glob('src/*.ts', 10)).resolves.toEqual({ paths: ['src/b.ts'], truncated: false });
  });

  it('writes only what was read before, when asked to', async () => {
    const { hash } = await workspace.write('deep/er/new.txt', 'one\n', null);
    await expect(workspace.readWhole('deep/er/new.txt')).resolves.toEqual({ content: 'one\n', hash });
    await expect(workspace.write('deep/er/new.txt', 'two\n', null)).rejects.toMatchObject({ code: 'exists' });
    await ok(workspace, 'echo meanwhile > deep/er/new.txt');
    await expect(workspace.write('deep/er/new.txt', 'two\n', hash)).rejects.toMatchObject({ code: 'changed' });
    await expect(workspace.write('bin/run', '#!/bin/sh\necho ran\n')).resolves.toMatchObject({ hash: expect.any(String) as string });
    expect(await ok(workspace, './bin/run')).toBe('ran\n');
    const spilled = await workspace.spill('call/../1.txt', 'long\n');
    await expect(workspace.read(spilled, 1, 10)).resolves.toMatchObject({ lines: ['long'] });
    await expect(workspace.diff()).resolves.toMatchObject({ files: [{ path: 'bin/run' }, { path: 'deep/er/new.txt' }] });
  });

  it('refuses paths that lead elsewhere or are no files', async () => {
    await ok(workspace, 'mkfifo scratchy.fifo; ln -s /etc/passwd out; ln -s / root; ln -s loop loop; ln -s ../scratch/out spilled; truncate -s 100M sparse; ln /usr/bin/env hard 2>/dev/null || true');
    const paths = ['../x', 'a/../../x', '/etc/passwd', '/proc/self/environ', '/dev/zero', '/dev/stdin', 'out', 'root/etc/passwd', 'loop', 'scratchy.fifo', 'src', 'a\0b', 'x'.repeat(5_000), 'sparse', '/workspace/home/x', 'missing', 'README.md/x'];
    for (const path of paths) {
      await expect(workspace.read(path, 1, 1)).rejects.toMatchObject({ name: 'WorkspaceError' });
      if (path !== 'missing' && path !== 'sparse') await expect(workspace.write(path, 'x')).rejects.toMatchObject({ name: 'WorkspaceError' });
    }
    for (const path of ['.git/config', 'src/.GIT/hooks/x', '.git', 'root/workspace/repo/.git/x']) await expect(workspace.write(path, 'x')).rejects.toMatchObject({ code: 'denied' });
    await expect(workspace.list('root')).rejects.toMatchObject({ code: 'denied' });
    await expect(workspace.read('data.bin', 1, 1)).rejects.toMatchObject({ code: 'binary' });
  });

  it('never follows a link that is swapped while it reads', async () => {
    const swapping = workspace.exec('echo inside > target; end=$((SECONDS+3)); while [ $SECONDS -lt $end ]; do ln -sfn target l; ln -sfn /etc/passwd l; done', OPTIONS, never);
    let outside = 0;
    let reads = 0;
    for (const until = performance.now() + 2_000; performance.now() < until; reads++) {
      const lines = await workspace.read('l', 1, 5).then((slice) => slice.lines, () => []);
      if (lines.some((line) => line.includes('root:'))) outside++;
    }
    await swapping;
    expect(reads).toBeGreaterThan(100);
    expect(outside).toBe(0);
  });

  it('keeps the base apart', async () => {
    await workspace.write('src/a.ts', 'changed\n');
    await expect(workspace.base.read('src/a.ts', 1, 5)).resolves.toMatchObject({ lines: ['export const a = 1;'] });
    expect(await ok(workspace.base, 'cat src/a.ts; ls -A ..; echo dirt > dirt')).toMatch(/^export const a = 1;\n/);
    await expect(workspace.diff()).resolves.toMatchObject({ files: [{ path: 'src/a.ts' }] });
  });

  it('gives one tree one commit', async () => {
    const first = await workspace.checkpoint(1);
    await expect(workspace.checkpoint(2)).resolves.toEqual({ ...first, step: 2 });
    await ok(workspace, 'touch README.md; cp README.md x; mv x README.md');
    await expect(workspace.checkpoint(3)).resolves.toEqual({ ...first, step: 3 });
    await workspace.write('README.md', '# other\n');
    expect((await workspace.checkpoint(4)).tree).not.toBe(first.tree);
    await workspace.write('README.md', '# hello\n');
    await expect(workspace.checkpoint(5)).resolves.toEqual({ ...first, step: 5 });
  });

  // Whatever a tree can hold that gets lost easily.
  const OF_ALL_KINDS = `
      printf 'a\\0b\\377' > bin.dat; head -c 300000 /dev/urandom > random.bin; printf 'no newline' > "name with ü and \\t tab"; printf x > "$(printf 'latin-\\374')"
      mkdir -p deep/er && echo 1 > deep/er/f && chmod +x deep/er/f && ln -s ../missing deep/dangling && ln -s /etc/passwd deep/abs && chmod -x bin/run && rm src/b.ts data.bin && mv README.md READ.md
      mkdir -p nested && cd nested && git init -q . && echo inner > inner.txt && git add -A && git commit -qm n && cd .. && mkdir -p empty ignored && echo i > ignored/i && mkdir -p deep/.GIT/x && echo g > deep/.GIT/x/y && echo kept > deep/.gitkeep`;

  it('restores a checkpoint byte by byte, on another machine', async () => {
    await ok(workspace, OF_ALL_KINDS);
    const saved = await workspace.checkpoint(6);
    const bundle = await workspace.checkpointBundle();
    const listing = `find . -path ./.git -prune -o -path ./ignored -prune -o -path ./empty -prune -o \\( -type f -o -type l \\) -printf '%P %#m %l ' -exec sh -c 'test -L "$1" || sha256sum < "$1"' _ {} \\; -o -print | grep -v '^\\./[^ ]*$' | LC_ALL=C sort`;
    const before = await ok(workspace, listing);
    expect(before).toContain('nested/inner.txt');

    const elsewhere = await WorkspaceFixture.create();
    try {
      const request = { repository: { ...fixture.request().repository }, ref: 'main', baseSha: base };
      const again = await elsewhere.open({ ...request, restore: { bundle } });
      expect(await ok(again, listing)).toBe(before);
      await expect(again.checkpoint(6)).resolves.toEqual(saved);
      expect((await again.diff()).patch).toBe((await workspace.diff()).patch);
      expect(await ok(again, 'git log -1 --format=%H; git status --porcelain | grep -c .')).toMatch(new RegExp(`^${base}\\n1?\\d\\n$`));
      await expect(elsewhere.factory.open(elsewhere.request({ ...request, restore: { bundle: Buffer.from('not a bundle') } }))).rejects.toMatchObject({ code: 'checkpoint_refused' });
      await expect(readdir(join(elsewhere.dataDir, 'workspaces'))).resolves.toHaveLength(1);
    } finally {
      await elsewhere.remove();
    }
  });

  it('shows what differs, as git apply takes it', async () => {
    await ok(workspace, OF_ALL_KINDS);
    const { files, patch } = await workspace.diff();
    expect(files).toEqual(
      expect.arrayContaining([
        { path: 'READ.md', oldPath: 'README.md', status: 'renamed', additions: 0, deletions: 0, binary: false },
        { path: 'data.bin', oldPath: null, status: 'deleted', additions: 0, deletions: 0, binary: true },
        { path: 'src/b.ts', oldPath: null, status: 'deleted', additions: 0, deletions: 2, binary: false },
        { path: 'deep/er/f', oldPath: null, status: 'added', additions: 1, deletions: 0, binary: false },
        { path: 'random.bin', oldPath: null, status: 'added', additions: 0, deletions: 0, binary: true },
      ]),
    );
    await writeFile(join(fixture.folder, 'p.patch'), patch);
    const tree = await fixture.shell(`git clone -q remote.git applied && cd applied && git checkout -q ${base} && git apply --index ../p.patch && git write-tree`);
    // A name that is not UTF-8 does not survive as text; everything else does.
    expect((await fixture.shell(`cd applied && git ls-tree -r --name-only ${tree}`)).split('\n')).toEqual(expect.arrayContaining(['READ.md', 'deep/abs', 'deep/dangling', 'random.bin', 'nested/inner.txt']));
  });

  it('leaves no process and no file when it is disposed', async () => {
    const other = await fixture.open();
    await ok(other, 'mkdir -p a/b && chmod 000 a/b && chmod 000 a; ln -s /etc etc; (setsid sleep 5000 &)');
    const name = (await readdir(join(fixture.dataDir, 'workspaces'))).filter((folder) => !folder.includes('.lock'));
    const folders = await Promise.all(name.map(async (folder) => ({ folder, files: await readdir(join(fixture.dataDir, 'workspaces', folder)) })));
    const records = await Promise.all(folders.flatMap(({ folder, files }) => files.filter((file) => file.startsWith('sandbox-')).map((file) => readFile(join(fixture.dataDir, 'workspaces', folder, file), 'utf8'))));
    await other.dispose();
    await other.dispose();
    await workspace.dispose();
    expect(records.length).toBeGreaterThan(0);
    for (const record of records) expect(await identify(parseIdentity(record)?.pid ?? 0)).toBeNull();
    await expect(readdir(join(fixture.dataDir, 'workspaces'))).resolves.toEqual([]);
    await expect(other.read('README.md', 1, 1)).rejects.toThrow('closed');
  });
});
