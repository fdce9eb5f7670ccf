import { WorkspaceError, type Tree, type Workspace } from '../workspace';

/** A workspace over a repository with these files, all committed at its base. */
export interface WorkspaceUnderTest {
  readonly workspace: Workspace;
  dispose(): Promise<void>;
}

/** What a workspace starts from in every test of the contract. */
export const CONTRACT_FILES: Readonly<Record<string, string>> = {
  '.gitignore': 'node_modules/\n*.log\n',
  'README.md': '# Sample\n\nA small project.\n',
  'src/add.js': 'export function add(a, b) {\n  return a - b;\n}\n',
  'src/deep/er/name.js': 'export const name = "deeper";\n',
  'src/windows.txt': 'one\r\ntwo\r\n',
  'empty.txt': '',
  'picture.bin': 'PNG\0\u0001\u0002',
};

const RUN = { timeoutMs: 20_000, maxOutputBytes: 64_000 };
const never = new AbortController().signal;

/** The promises of a workspace; run it on every implementation. */
export function describeWorkspaceContract(name: string, create: (files: Readonly<Record<string, string>>) => Promise<WorkspaceUnderTest>): void {
  describe(`workspace contract: ${name}`, () => {
    let underTest: WorkspaceUnderTest;
    let workspace: Workspace;

    beforeEach(async () => {
      underTest = await create(CONTRACT_FILES);
      workspace = underTest.workspace;
    }, 60_000);

    afterEach(async () => {
      await underTest.dispose();
    }, 60_000);

    describeReading(() => workspace);
    describeWriting(() => workspace);
    describeRemoving(() => workspace);
    describeSearching(() => workspace);
    describeBase(() => workspace);
    describeTags(() => workspace);
    describeCommands(() => workspace);
    describeSaving(() => workspace);
  });
}

function refusal(code: WorkspaceError['code']): unknown {
  return expect.objectContaining({ name: 'WorkspaceError', code });
}

function describeReading(get: () => Workspace): void {
  it('reads lines from anywhere in a file and says how many there are', async () => {
    const whole = await get().read('src/add.js', 1, 100);
    expect(whole).toMatchObject({ totalLines: 3, fromLine: 1, truncated: false, lines: ['export function add(a, b) {', '  return a - b;', '}'] });
    expect(await get().read('src/add.js', 2, 1)).toEqual({ hash: whole.hash, totalLines: 3, fromLine: 2, truncated: true, lines: ['  return a - b;'] });
    expect(await get().read('src/add.js', 9, 5)).toMatchObject({ totalLines: 3, lines: [] });
    expect(await get().read('empty.txt', 1, 5)).toMatchObject({ totalLines: 0, lines: [], truncated: false });
  });

  it('gives a whole file with the hash that reading gives, byte by byte', async () => {
    const whole = await get().readWhole('src/windows.txt');
    expect(whole.content).toBe('one\r\ntwo\r\n');
    expect(whole.hash).toBe((await get().read('src/windows.txt', 1, 1)).hash);
    expect(whole.hash).toMatch(/^[0-9a-f]{64}$/);
  });

  it('refuses what is no text file', async () => {
    await expect(get().read('nowhere.js', 1, 1)).rejects.toEqual(refusal('not_found'));
    await expect(get().read('src', 1, 1)).rejects.toEqual(refusal('not_a_file'));
    await expect(get().read('picture.bin', 1, 1)).rejects.toEqual(refusal('binary'));
    await expect(get().readWhole('nowhere.js')).rejects.toEqual(refusal('not_found'));
    await expect(get().list('README.md')).rejects.toEqual(refusal('not_a_folder'));
    await expect(get().list('nowhere')).rejects.toEqual(refusal('not_found'));
  });

  it('does not leave the repository', async () => {
    for (const path of ['../outside', '/etc/passwd', 'src/../../outside']) {
      await expect(get().read(path, 1, 1)).rejects.toBeInstanceOf(WorkspaceError);
      await expect(get().write(path, 'x')).rejects.toBeInstanceOf(WorkspaceError);
    }
  });

  it('lists a folder, with paths from the root', async () => {
    expect(await get().list('src')).toEqual([
      { path: 'src/add.js', kind: 'file', sizeBytes: 46 },
      { path: 'src/deep', kind: 'folder', sizeBytes: expect.any(Number) as number },
      { path: 'src/windows.txt', kind: 'file', sizeBytes: 10 },
    ]);
    const root = (await get().list('')).map((entry) => entry.path).filter((path) => path !== '.git');
    expect(root).toEqual(['.gitignore', 'README.md', 'empty.txt', 'picture.bin', 'src']);
  });
}

function describeWriting(get: () => Workspace): void {
  it('writes a file with its missing folders, and reads it back', async () => {
    const text = 'ä 😀 \r\n$& last line without end';
    const { hash } = await get().write('new/folder/file.txt', text);
    expect(await get().readWhole('new/folder/file.txt')).toEqual({ content: text, hash });
  });

  it('writes only over what was expected', async () => {
    const { hash } = await get().readWhole('README.md');
    await expect(get().write('README.md', 'x', null)).rejects.toEqual(refusal('exists'));
    await expect(get().write('README.md', 'x', 'f'.repeat(64))).rejects.toEqual(refusal('changed'));
    await expect(get().write('nowhere.md', 'x', hash)).rejects.toBeInstanceOf(WorkspaceError);
    await get().write('README.md', 'first', hash);
    await expect(get().write('README.md', 'second', hash)).rejects.toEqual(refusal('changed'));
    await get().write('fresh.md', 'fresh', null);
    await get().write('README.md', 'third');
    expect((await get().readWhole('README.md')).content).toBe('third');
    await expect(get().write('src', 'x')).rejects.toBeInstanceOf(WorkspaceError);
    await expect(get().write('fresh.md/inside.md', 'x', null)).rejects.toBeInstanceOf(WorkspaceError);
  });

  it('leaves the base as it was', async () => {
    await get().write('src/add.js', 'changed\n');
    await get().exec('echo more > more.txt', RUN, never);
    expect((await get().base.read('src/add.js', 2, 1)).lines).toEqual(['  return a - b;']);
    await expect(get().base.read('more.txt', 1, 1)).rejects.toEqual(refusal('not_found'));
    expect((await get().base.exec('cat src/add.js', RUN, never)).output).toContain('a - b');
  });
}

function describeRemoving(get: () => Workspace): void {
  it('removes only what was expected', async () => {
    const { hash } = await get().readWhole('src/add.js');
    await expect(get().remove('src/add.js', 'f'.repeat(64))).rejects.toEqual(refusal('changed'));
    await expect(get().remove('nowhere.js', hash)).rejects.toEqual(refusal('not_found'));
    await expect(get().remove('src', hash)).rejects.toEqual(refusal('not_a_file'));
    await get().remove('src/add.js', hash);
    await expect(get().readWhole('src/add.js')).rejects.toEqual(refusal('not_found'));
    expect((await get().diff()).files.map(({ path, status }) => [path, status])).toEqual([['src/add.js', 'deleted']]);
  });

  it('renames a file into folders that are made, and never over another', async () => {
    await expect(get().rename('src/add.js', 'README.md')).rejects.toEqual(refusal('exists'));
    await expect(get().rename('nowhere.js', 'x.js')).rejects.toEqual(refusal('not_found'));
    await expect(get().rename('src', 'lib')).rejects.toEqual(refusal('not_a_file'));
    for (const path of ['../outside.js', '/etc/x.js']) await expect(get().rename('src/add.js', path)).rejects.toBeInstanceOf(WorkspaceError);
    await get().rename('src/add.js', 'lib/math/plus.js');
    expect((await get().readWhole('lib/math/plus.js')).content).toContain('return a - b');
    await expect(get().readWhole('src/add.js')).rejects.toEqual(refusal('not_found'));
  });
}

function describeTags(get: () => Workspace): void {
  it('says what source files define and use, and leaves out what is none', async () => {
    await get().write('src/use.js', 'import { add } from "./add.js";\n\nexport class Sum {\n  twice(a) { return add(add(a, a), a); }\n}\n');
    const tags = await get().tags(['src/use.js', 'picture.bin', 'README.md', 'nowhere.js', 'src/add.js'], never);
    expect(tags.map(({ path }) => path)).toEqual(['src/use.js', 'src/add.js']);
    expect(tags[0]?.definitions[0]).toEqual({ name: 'Sum', kind: 'class', line: 3, text: 'export class Sum {' });
    expect(tags[1]?.definitions).toEqual([{ name: 'add', kind: 'function', line: 1, text: 'export function add(a, b) {' }]);
    expect(new Map(tags[0]?.references).get('add')).toBe(3);
    expect(await get().base.tags(['src/use.js'], never)).toEqual([]);
    expect(await get().base.tags(['src/add.js'], never)).toEqual(tags.slice(1));
  });
}

function describeBase(get: () => Workspace): void {
  it('lays files of the work over the base for a while, and takes them off again', async () => {
    const workspace = get();
    await workspace.write('src/add.js', 'mended\n');
    await workspace.write('test/new/add.js', 'tests\n');
    await workspace.exec('rm README.md', RUN, never);
    const cat = (tree: Tree) => tree.exec('cat test/new/add.js src/add.js', RUN, never);
    const seen = await workspace.onBaseWith(['test/new/add.js', 'README.md'], async (tree) => ({ both: (await cat(tree)).output, readme: (await tree.exec('cat README.md', RUN, never)).exitCode }));
    expect(seen).toEqual({ both: 'tests\nexport function add(a, b) {\n  return a - b;\n}\n', readme: 1 });
    await expect(workspace.onBaseWith(['test/new/add.js'], () => Promise.reject(new Error('stopped')))).rejects.toThrow('stopped');
    expect((await cat(workspace.base)).exitCode).not.toBe(0);
    expect((await workspace.base.read('README.md', 1, 1)).lines).toEqual(['# Sample']);
    expect((await workspace.readWhole('src/add.js')).content).toBe('mended\n');
  });
}

function describeSearching(get: () => Workspace): void {
  it('finds lines by extended regular expression', async () => {
    expect(await get().search({ pattern: 'return (a|b)', maxMatches: 10 })).toEqual({ matches: [{ path: 'src/add.js', line: 2, text: '  return a - b;' }], truncated: false });
    expect((await get().search({ pattern: 'SAMPLE', maxMatches: 10 })).matches).toEqual([]);
    expect((await get().search({ pattern: 'SAMPLE', ignoreCase: true, maxMatches: 10 })).matches).toMatchObject([{ path: 'README.md', line: 1 }]);
    expect((await get().search({ pattern: 'export', path: 'src/deep', maxMatches: 10 })).matches.map((match) => match.path)).toEqual(['src/deep/er/name.js']);
    expect((await get().search({ pattern: 'pro.ect|deeper', glob: '*.md', maxMatches: 10 })).matches.map((match) => match.path)).toEqual(['README.md']);
    expect(await get().search({ pattern: 'export', maxMatches: 1 })).toMatchObject({ matches: [{ path: 'src/add.js' }], truncated: true });
    await expect(get().search({ pattern: '(', maxMatches: 1 })).rejects.toBeInstanceOf(WorkspaceError);
  });

  it('finds files by glob', async () => {
    expect(await get().glob('**/*.js', 10)).toEqual({ paths: ['src/add.js', 'src/deep/er/name.js'], truncated: false });
    expect((await get().glob('*.js', 10)).paths).toEqual(['src/add.js', 'src/deep/er/name.js']);
    expect((await get().glob('src/*', 10)).paths).toEqual(['src/add.js', 'src/windows.txt']);
    expect((await get().glob('**/*.{md,txt}', 10)).paths).toEqual(['README.md', 'empty.txt', 'src/windows.txt']);
    expect(await get().glob('**/*', 2)).toMatchObject({ truncated: true });
    expect((await get().base.glob('**/*.js', 10)).paths).toEqual(['src/add.js', 'src/deep/er/name.js']);
  });

  it('sees new files, and not what git ignores', async () => {
    await get().write('src/fresh.js', 'export const fresh = 1;\n');
    await get().write('node_modules/left/pad.js', 'export const pad = 1;\n');
    await get().write('debug.log', 'export\n');
    expect((await get().glob('**/*.js', 10)).paths).toEqual(['src/add.js', 'src/deep/er/name.js', 'src/fresh.js']);
    expect((await get().search({ pattern: 'export', maxMatches: 10 })).matches.map((match) => match.path)).toEqual(['src/add.js', 'src/deep/er/name.js', 'src/fresh.js']);
  });
}

function describeCommands(get: () => Workspace): void {
  it('runs a command at the root and says how it ended', async () => {
    expect(await get().exec('cat README.md', RUN, never)).toMatchObject({ exitCode: 0, output: '# Sample\n\nA small project.\n', outputBytes: 27, truncated: false, killed: null });
    expect(await get().exec('echo before; exit 3', RUN, never)).toMatchObject({ exitCode: 3, output: 'before\n' });
    expect((await get().exec('no-such-command-here', RUN, never)).exitCode).toBe(127);
  });

  it('lets commands and file tools see the same files', async () => {
    await get().write('note.txt', 'from the tool\n');
    expect((await get().exec('cat note.txt && echo from the command > note.txt', RUN, never)).output).toBe('from the tool\n');
    expect((await get().readWhole('note.txt')).content).toBe('from the command\n');
  });

  it('does not start a command when the run was stopped', async () => {
    const stopped = new AbortController();
    stopped.abort(new Error('stopped'));
    await expect(get().exec('echo late > late.txt', RUN, stopped.signal)).rejects.toThrow('stopped');
    await expect(get().read('late.txt', 1, 1)).rejects.toEqual(refusal('not_found'));
  });
}

function describeSaving(get: () => Workspace): void {
  it('tells what differs from the base', async () => {
    expect(await get().diff()).toEqual({ files: [], patch: '' });
    await get().write('src/add.js', 'export function add(a, b) {\n  return a + b;\n}\n');
    await get().write('src/new.js', 'export {};\n');
    await get().write('ignored.log', 'x\n');
    await get().exec('rm empty.txt', RUN, never);
    const { files, patch } = await get().diff();
    expect(files.map(({ path, status, additions, deletions }) => ({ path, status, additions, deletions }))).toEqual([
      { path: 'empty.txt', status: 'deleted', additions: 0, deletions: 0 },
      { path: 'src/add.js', status: 'modified', additions: 1, deletions: 1 },
      { path: 'src/new.js', status: 'added', additions: 1, deletions: 0 },
    ]);
    expect(patch).toContain('+  return a + b;');
    expect(patch).toContain('-  return a - b;');
    expect(patch).not.toContain('ignored');
  });

  it('saves the same tree under the same name', async () => {
    const first = await get().checkpoint(1);
    expect(first.step).toBe(1);
    expect(await get().checkpoint(2)).toMatchObject({ commit: first.commit, tree: first.tree });
    const { content } = await get().readWhole('src/add.js');
    await get().write('src/add.js', `${content}// more\n`);
    const changed = await get().checkpoint(3);
    expect(changed.tree).not.toBe(first.tree);
    await get().write('src/add.js', content);
    expect((await get().checkpoint(4)).tree).toBe(first.tree);
  });

  it('keeps long outputs outside of the repository, where they can be read', async () => {
    const before = await get().checkpoint(1);
    const path = await get().spill('call 1/..txt', 'all of it\n');
    expect((await get().read(path, 1, 5)).lines).toEqual(['all of it']);
    expect((await get().diff()).files).toEqual([]);
    expect((await get().checkpoint(2)).tree).toBe(before.tree);
  });
}
