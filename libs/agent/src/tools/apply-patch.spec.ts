import { FakeClock } from '@app/common/testing';
import type { CallPart } from '@app/providers';
import { ToolRunner } from '../loop/tool-runner';
import { MODES } from '../modes';
import type { ToolOutcome } from '../journal';
import { MemoryWorkspace } from '../testing/memory-workspace';
import { testTask } from '../testing/test-host';
import { WorkspaceError } from '../workspace';
import { FileVersions } from './file-versions';
import { ToolPolicy } from './tool-policy';

const CODE = 'function one() {\n  return 1;\n}\n\nfunction two() {\n  return 1;\n}\n\nfunction three() {\n  return 1;\n}\n';

const FILES: Readonly<Record<string, string>> = {
  'a.js': CODE,
  'abc.txt': 'a\nb\nc\n',
  'same.txt': 'x\ny\nx\ny\nx\n',
  'windows.txt': 'one\r\ntwo\r\nthree\r\n',
  'mixed.txt': 'one\r\ntwo\nthree\n',
  'open.txt': 'first\nlast',
  'openwin.txt': 'first\r\nlast',
  'empty.txt': '',
  'spaces.py': 'def f(a):   \n\tif a:\t\n\t\treturn 1\n',
  'quotes.md': 'It\u2019s \u201cgood\u201d \u2014 yes\u00a0indeed\n',
  'dir/inner.txt': 'inner\n',
  'picture.bin': 'PNG\0\u0001',
  '.github/workflows/ci.yml': 'on: push\n',
};

interface Played {
  readonly result: ToolOutcome;
  readonly workspace: MemoryWorkspace;
}

const RULES = { ...MODES.code, tools: ['read', 'apply_patch', 'bash'] as const, allowCiFiles: false };

async function play(input: string, options: { workspace?: MemoryWorkspace; unread?: readonly string[]; rules?: Partial<typeof RULES> & { writablePaths?: readonly string[] } } = {}): Promise<Played> {
  const workspace = options.workspace ?? new MemoryWorkspace(FILES);
  const context = { workspace, task: testTask(), versions: FileVersions.from([]), clock: new FakeClock(), signal: new AbortController().signal };
  const runner = new ToolRunner(new ToolPolicy({ ...RULES, ...options.rules }), context, []);
  const read = Object.keys(FILES).filter((path) => !options.unread?.includes(path)).map((path, n): CallPart => ({ t: 'call', id: `r${n}`, name: 'read', args: { path } }));
  await runner.run(read);
  const { results } = await runner.run([{ t: 'call', id: 'p', name: 'apply_patch', args: { input } }]);
  return { result: results[0]!, workspace };
}

function patch(...lines: readonly string[]): string {
  return ['*** Begin Patch', ...lines, '*** End Patch'].join('\n');
}

/** The files that differ from `FILES`: their new text, or null where they are gone. */
function changed(workspace: MemoryWorkspace): Record<string, string | null> {
  const paths = [...new Set([...Object.keys(FILES), ...workspace.files.keys()])];
  return Object.fromEntries(paths.filter((path) => workspace.files.get(path) !== FILES[path]).map((path) => [path, workspace.files.get(path) ?? null]));
}

const ABC = '*** Update File: abc.txt';
const A = '*** Update File: a.js';

describe('a patch that applies', () => {
  const cases: readonly (readonly [name: string, input: string, files: Record<string, string | null>])[] = [
    ['replaces a line', patch(ABC, '@@', ' a', '-b', '+B', ' c'), { 'abc.txt': 'a\nB\nc\n' }],
    ['needs no mark before the first hunk', patch(ABC, ' a', '-b', '+B'), { 'abc.txt': 'a\nB\nc\n' }],
    ['removes a line', patch(ABC, '@@', '-b'), { 'abc.txt': 'a\nc\n' }],
    ['adds before the first line', patch(ABC, '@@', '+0', ' a'), { 'abc.txt': '0\na\nb\nc\n' }],
    ['adds after the last line', patch(ABC, '@@', ' c', '+d'), { 'abc.txt': 'a\nb\nc\nd\n' }],
    ['adds at the end without context', patch(ABC, '@@', '+d', '+e'), { 'abc.txt': 'a\nb\nc\nd\ne\n' }],
    ['adds behind a header without context', patch(A, '@@ function two() {', '+  log();'), { 'a.js': CODE.replace('two() {\n', 'two() {\n  log();\n') }],
    ['empties a file', patch(ABC, '@@', '-a', '-b', '-c'), { 'abc.txt': '' }],
    ['fills an empty file', patch('*** Update File: empty.txt', '@@', '+one'), { 'empty.txt': 'one\n' }],
    ['finds a place by its header', patch(A, '@@ function two() {', '-  return 1;', '+  return 2;'), { 'a.js': CODE.replace('two() {\n  return 1', 'two() {\n  return 2') }],
    ['finds a header that is shorter than its line', patch(A, '@@ function three', '-  return 1;', '+  return 3;'), { 'a.js': CODE.replace('three() {\n  return 1', 'three() {\n  return 3') }],
    ['goes through several headers', patch(A, '@@ function one() {', '@@ function three() {', '-  return 1;', '+  return 3;'), { 'a.js': CODE.replace('three() {\n  return 1', 'three() {\n  return 3') }],
    ['has several hunks', patch(A, '@@', ' function one() {', '-  return 1;', '+  return 10;', '@@', ' function three() {', '-  return 1;', '+  return 30;'), { 'a.js': CODE.replace('one() {\n  return 1', 'one() {\n  return 10').replace('three() {\n  return 1', 'three() {\n  return 30') }],
    ['gives alike hunks the places in turn', patch('*** Update File: same.txt', '@@', '-x', '+1', '@@', '-x', '+2', '@@', '-x', '+3'), { 'same.txt': '1\ny\n2\ny\n3\n' }],
    ['takes line numbers of a unified diff for nothing', patch(ABC, '@@ -90,3 +90,3 @@ somewhere', ' a', '-b', '+B'), { 'abc.txt': 'a\nB\nc\n' }],
    ['takes a bare double mark', patch(ABC, '@@ @@', '-b', '+B'), { 'abc.txt': 'a\nB\nc\n' }],
    ['passes over "No newline at end of file"', patch(ABC, '@@', '-c', '+C', '\\ No newline at end of file'), { 'abc.txt': 'a\nb\nC\n' }],
    ['knows the end of the file', patch('*** Update File: same.txt', '@@', '-x', '+end', '*** End of File'), { 'same.txt': 'x\ny\nx\ny\nend\n' }],
    ['keeps Windows line ends', patch('*** Update File: windows.txt', '@@', ' one', '-two', '+2', '+2b'), { 'windows.txt': 'one\r\n2\r\n2b\r\nthree\r\n' }],
    ['keeps each line end of a mixed file', patch('*** Update File: mixed.txt', '@@', ' one', '-two', '+2'), { 'mixed.txt': 'one\r\n2\nthree\n' }],
    ['may be sent with Windows line ends', patch(ABC, '@@', '-b', '+B').replace(/\n/g, '\r\n'), { 'abc.txt': 'a\nB\nc\n' }],
    ['keeps the missing newline at the end', patch('*** Update File: open.txt', '@@', '-first', '+1st', ' last'), { 'open.txt': '1st\nlast' }],
    ['adds behind a last line without newline', patch('*** Update File: open.txt', '@@', ' last', '+more'), { 'open.txt': 'first\nlast\nmore' }],
    ['adds behind such a line in a Windows file', patch('*** Update File: openwin.txt', '@@', ' last', '+more'), { 'openwin.txt': 'first\r\nlast\r\nmore' }],
    ['removes a last line without newline', patch('*** Update File: open.txt', '@@', '-last'), { 'open.txt': 'first' }],
    ['does not mind spaces at line ends, and keeps the file\'s', patch('*** Update File: spaces.py', '@@', ' def f(a):', ' \tif a:', '-\t\treturn 1', '+\t\treturn 2'), { 'spaces.py': 'def f(a):   \n\tif a:\t\n\t\treturn 2\n' }],
    ['does not mind indentation when nothing else fits', patch('*** Update File: spaces.py', '@@', '     if a:', '-        return 1', '+\t\treturn 2'), { 'spaces.py': 'def f(a):   \n\tif a:\t\n\t\treturn 2\n' }],
    ['takes typographic characters for plain ones', patch('*** Update File: quotes.md', '@@', '-It\'s "good" - yes indeed', '+It is good.'), { 'quotes.md': 'It is good.\n' }],
    ['takes an empty line for an empty kept one', patch(A, '@@', ' }', '', '-function two() {', '+function second() {'), { 'a.js': CODE.replace('function two', 'function second') }],
    ['does not take empty lines between sections for the file\'s', patch(ABC, '@@', '-b', '+B', '', '*** Add File: n.txt', '+n', ''), { 'abc.txt': 'a\nB\nc\n', 'n.txt': 'n\n' }],
    ['makes files and folders', patch('*** Add File: new/deep/x.js', '+let a = 1;', '+', '+export { a };'), { 'new/deep/x.js': 'let a = 1;\n\nexport { a };\n' }],
    ['makes an empty file', patch('*** Add File: nothing.txt'), { 'nothing.txt': '' }],
    ['keeps signs in new files', patch('*** Add File: s.txt', '++plus', '+-minus', '+ space', '+@@ at', '+*** star'), { 's.txt': '+plus\n-minus\n space\n@@ at\n*** star\n' }],
    ['deletes a file', patch('*** Delete File: abc.txt'), { 'abc.txt': null }],
    ['moves a file', patch(ABC, '*** Move to: moved/abc.txt'), { 'abc.txt': null, 'moved/abc.txt': 'a\nb\nc\n' }],
    ['moves and changes a file', patch(ABC, '*** Move to: d.txt', '@@', '-b', '+B'), { 'abc.txt': null, 'd.txt': 'a\nB\nc\n' }],
    ['changes many files', patch(ABC, '@@', '-b', '+B', '*** Delete File: dir/inner.txt', '*** Add File: n.txt', '+n'), { 'abc.txt': 'a\nB\nc\n', 'dir/inner.txt': null, 'n.txt': 'n\n' }],
    ['takes paths below the root\'s own name', patch('*** Update File: /workspace/repo/./abc.txt', '@@', '-b', '+B'), { 'abc.txt': 'a\nB\nc\n' }],
    ['may stand in a here-document', `apply_patch <<'EOF'\n${patch(ABC, '@@', '-b', '+B')}\nEOF`, { 'abc.txt': 'a\nB\nc\n' }],
    ['may stand in a fence', `\`\`\`diff\n${patch(ABC, '@@', '-b', '+B')}\n\`\`\``, { 'abc.txt': 'a\nB\nc\n' }],
    ['takes the new text as it is', patch(ABC, '@@', '-b', '+$& $1 $$ \\n'), { 'abc.txt': 'a\n$& $1 $$ \\n\nc\n' }],
  ];

  it.each(cases)('%s', async (_name, input, files) => {
    const { result, workspace } = await play(input);
    expect(result).toMatchObject({ isError: false });
    expect(changed(workspace)).toEqual(files);
  });
});

describe('a patch that is refused changes nothing, and the answer says what to do', () => {
  const cases: readonly (readonly [name: string, input: string, reason: string])[] = [
    ['no patch', 'change b to B', 'must begin with the line "*** Begin Patch"'],
    ['one without its end', `*** Begin Patch\n${ABC}\n@@\n-b`, 'must end with the line "*** End Patch"; it was cut off'],
    ['one with talk before it', `Here it is:\n${patch(ABC, '@@', '-b')}`, 'only the patch may be sent'],
    ['an empty one', patch(), 'the patch names no file'],
    ['an unknown section', patch('*** Rename File: a', '*** Update File: b'), 'is no section'],
    ['a section without a path', patch('*** Update File: ', '@@', '-b'), 'the path after "*** Update File:" is missing'],
    ['a move without a path', patch(ABC, '*** Move to: ', '@@', '-b'), 'the path after "*** Move to:" is missing'],
    ['a section without a hunk', patch(ABC), 'changes nothing; add a hunk'],
    ['a hunk without a change', patch(ABC, '@@', ' a', ' b'), 'no line of it begins with "-" or "+"'],
    ['a line without a sign', patch(ABC, '@@', ' a', 'b'), 'line 5 of the patch: "b": each line of a hunk begins with'],
    ['a new file without signs', patch('*** Add File: n.txt', 'text'), 'each line of a new file begins with "+"'],
    ['lines that are not there', patch(A, '@@', ' function two() {', '-  return 7;', '+  return 2;'), 'a.js: the lines of the hunk were not found; nearest: lines 5-6:\n    5\tfunction two() {'],
    ['lines that only look alike', patch(ABC, '@@', '-B', '+x'), 'were not found; read the file again'],
    ['lines that stand in several places', patch(A, '@@', '-  return 1;', '+  return 2;'), 'the hunk matches 3 times, at lines 2, 6, 10; add lines of context'],
    ['a header that is not there', patch(A, '@@ function four() {', '-  return 1;', '+  return 2;'), 'the line "function four() {" after "@@" was not found'],
    ['hunks in the wrong order', patch(A, '@@', ' function three() {', '-  return 1;', '+  return 3;', '@@', ' function one() {', '-  return 1;', '+  return 1;;'), 'hunk 2 was found only at line 1, before or inside of the place of the hunk before it'],
    ['headers in the wrong order', patch(A, '@@ function three() {', '-  return 1;', '+  return 3;', '@@ function one() {', '-  return 1;', '+  return 2;'), 'behind the hunk before it (it is line 1); order hunks from top to bottom'],
    ['hunks that overlap', patch(ABC, '@@', ' a', '-b', '+B', '@@', '-b', '+2', ' c'), 'join those that overlap'],
    ['an end that is not the end', patch(ABC, '@@', '-a', '+A', '*** End of File'), 'do not stand at the end of the file'],
    ['a file named twice', patch(ABC, '@@', '-a', '+A', ABC, '@@', '-c', '+C'), 'abc.txt is named in two sections'],
    ['a file named twice in other words', patch(ABC, '@@', '-a', '+A', '*** Delete File: ./abc.txt'), 'abc.txt is named in two sections'],
    ['a new file over another', patch('*** Add File: abc.txt', '+x'), 'abc.txt exists; use "*** Update File: abc.txt"'],
    ['a new file over a binary one', patch('*** Add File: picture.bin', '+x'), 'picture.bin exists'],
    ['a move over another file', patch(ABC, '*** Move to: a.js', '@@', '-b', '+B'), 'a.js exists; abc.txt cannot be moved there'],
    ['a move onto itself', patch(ABC, '*** Move to: abc.txt', '@@', '-b', '+B'), 'named in two sections'],
    ['a new file inside of a file', patch('*** Add File: abc.txt/x', '+x'), 'Nothing was changed: a part of abc.txt/x is a file'],
    ['a new file where a folder is', patch('*** Add File: dir', '+x'), 'dir exists'],
    ['a deletion of a folder', patch('*** Delete File: dir'), 'Read dir before you change it'],
    ['a change of what is not there', patch('*** Update File: gone.txt', '@@', '-b'), 'Read gone.txt before you change it'],
    ['a good change beside a bad one', patch(ABC, '@@', '-b', '+B', '*** Update File: same.txt', '@@', '-z', '+1', '*** Add File: a.js', '+x'), 'same.txt: the lines of the hunk were not found'],
  ];

  it.each(cases)('%s', async (_name, input, reason) => {
    const { result, workspace } = await play(input);
    expect(result.isError).toBe(true);
    expect(result.text).toContain(reason);
    expect(changed(workspace)).toEqual({});
  });
});

describe('a hostile patch', () => {
  const paths: readonly string[] = [
    '../x', 'a/../../x', '/etc/passwd', '/workspace/home/.bashrc', '/workspace/repo/../x', '.git/config', '.git/hooks/pre-commit', 'sub/.git/x', '.GIT/config', '.g\u200cit/config', '.git./x', '~/../x',
    '.github/workflows/ci.yml', '.github/workflows/new.yml', '.GitHub/Workflows/x.yml', 'Jenkinsfile', '.gitlab-ci.yml', 'a\0b',
  ];

  it.each(paths)('gets nowhere at %j: not with a new file, a change, a deletion or a move', async (path) => {
    for (const sections of [['*** Add File: '], ['*** Update File: '], ['*** Delete File: ']].map(([head]) => [`${head}${path}`, ...(head?.includes('Add') ? ['+x'] : head?.includes('Update') ? ['@@', '+x'] : [])])) {
      const { result, workspace } = await play(patch(ABC, '@@', '-b', '+B', ...sections));
      expect(result).toMatchObject({ isError: true, text: expect.stringMatching(/^Refused: /) as unknown });
      expect(changed(workspace)).toEqual({});
    }
    const { result, workspace } = await play(patch(ABC, `*** Move to: ${path}`, '@@', '-b', '+B'));
    expect(result).toMatchObject({ isError: true, text: expect.stringMatching(/^Refused: /) as unknown });
    expect(changed(workspace)).toEqual({});
  });

  it('writes only where the mode lets it, and CI files where the repository does', async () => {
    const docs = { rules: { writablePaths: ['**/*.txt'] } };
    expect((await play(patch(ABC, '@@', '-b', '+B'), docs)).result.isError).toBe(false);
    expect((await play(patch(ABC, '*** Move to: abc.js'), docs)).result.text).toContain('outside of what this mode may write');
    expect((await play(patch('*** Delete File: a.js'), docs)).result.text).toContain('outside of what this mode may write');
    expect((await play(patch('*** Update File: .github/workflows/ci.yml', '@@', '-on: push', '+on: pull_request'), { rules: { allowCiFiles: true } })).result.isError).toBe(false);
  });
});

describe('files that a patch changes', () => {
  it('were read before, and are as they were read', async () => {
    for (const input of [patch(ABC, '@@', '-b', '+B'), patch('*** Delete File: abc.txt'), patch(ABC, '*** Move to: x.txt')]) {
      expect((await play(input, { unread: ['abc.txt'] })).result.text).toContain('Read abc.txt before you change it');
    }
    const workspace = new MemoryWorkspace(FILES);
    const context = { workspace, task: testTask(), versions: FileVersions.from([]), clock: new FakeClock(), signal: new AbortController().signal };
    const runner = new ToolRunner(new ToolPolicy(RULES), context, []);
    const run = async (name: string, args: unknown): Promise<ToolOutcome> => (await runner.run([{ t: 'call', id: 'c', name, args }])).results[0]!;
    await run('read', { path: 'abc.txt' });
    await run('bash', { command: 'echo other > abc.txt' });
    expect((await run('apply_patch', { input: patch(ABC, '@@', '+x') })).text).toContain('abc.txt changed since you read it');
    expect(workspace.files.get('abc.txt')).toBe('other\n');
  });

  it('are known afterwards, also to a run that goes on elsewhere; deleted ones are not', async () => {
    const { result, workspace } = await play(patch(ABC, '*** Move to: d.txt', '@@', '-b', '+B', A, '@@ function two() {', '-  return 1;', '+  return 2;', '*** Add File: n.txt', '+n', '*** Delete File: dir/inner.txt'));
    expect(result.text).toMatch(/^d\.txt \(moved, edited at line 2\) \[version [0-9a-f]{12}\]\na\.js \(edited at line 6\) \[version [0-9a-f]{12}\]\nn\.txt \(made\) \[version [0-9a-f]{12}\]\ndir\/inner\.txt \(deleted\)$/);
    const versions = FileVersions.from([result]);
    for (const path of ['d.txt', 'a.js', 'n.txt']) expect(versions.isCurrent(path, (await workspace.readWhole(path)).hash)).toBe(true);
    for (const path of ['abc.txt', 'dir/inner.txt']) expect(versions.isKnown(path)).toBe(false);
  });

  it.each([
    ['write', 2], ['write', 3], ['rename', 1], ['remove', 1], ['remove', 2],
  ] as const)('are all as before when %s number %i fails', async (method, nth) => {
    const workspace = new MemoryWorkspace(FILES);
    const methods = workspace as unknown as Record<typeof method, (...args: unknown[]) => Promise<unknown>>;
    const original = methods[method].bind(workspace);
    let calls = 0;
    methods[method] = (...args: unknown[]) => (++calls === nth ? Promise.reject(new WorkspaceError('denied', 'the disk is full')) : original(...args));
    const { result } = await play(patch('*** Delete File: same.txt', ABC, '*** Move to: d.txt', '@@', '-b', '+B', A, '@@ function two() {', '-  return 1;', '+  return 2;', '*** Add File: n.txt', '+n', '*** Delete File: dir/inner.txt'), { workspace });
    expect(result).toMatchObject({ isError: true, text: 'Nothing was changed: the disk is full' });
    expect(changed(workspace)).toEqual({});
  });
});
