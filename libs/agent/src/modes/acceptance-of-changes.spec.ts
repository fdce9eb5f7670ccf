import type { CheckRun, Submission, Verification } from '../journal';
import { MemoryWorkspace, type MemoryWorkspaceOptions } from '../testing/memory-workspace';
import { testTask } from '../testing/test-host';
import { acceptDebug } from './accept-debug';
import { acceptDocumentation } from './accept-documentation';
import type { AcceptContext, Acceptance, RefusalCode } from './mode';

const FILES = {
  'package.json': '{ "scripts": { "test": "node --test" } }',
  'src/add.js': 'export function add(a, b) {\n  return a - b;\n}\n',
  'src/text.js': 'export const text = `// not a comment`;\n',
  'test/old.test.js': 'ok\n',
};
const DIAGNOSIS = 'It subtracts: src/add.js:2.';
const submission = (more: Partial<Submission> = {}): Submission => ({ title: 't', summary: 's', testing: '', risks: '', discard: [], answer: null, noChangesReason: null, diagnosis: DIAGNOSIS, ...more });
const check = (status: CheckRun['status'], phase: CheckRun['phase'] = 'base'): CheckRun => ({ name: 'npm test', command: 'npm test', phase, exitCode: status === 'passed' ? 0 : 1, durationMs: 1, status, alreadyFailing: false, outputTail: '' });
const baseline = (status: CheckRun['status']): Verification => ({ status: 'passed', checks: [check(status)], source: 'package.json', note: null });

interface Made extends AcceptContext {
  readonly given: CheckRun[];
}

function context(workspace: MemoryWorkspace, { base = baseline('passed'), refusals = {} }: { base?: Verification | null; refusals?: Partial<Record<RefusalCode, number>> } = {}): Made {
  const given: CheckRun[] = [];
  return {
    task: testTask({ mode: 'debug' }), workspace, baseline: base, given,
    refusals: (code) => refusals[code] ?? 0,
    verify: (others = []) => {
      given.push(...others);
      return Promise.resolve({ status: 'passed' as const, checks: [...others, check('passed', 'head')], source: 'package.json', note: null });
    },
    run: async ({ name, command }, phase, tree) => {
      const { exitCode, durationMs, output } = await tree.exec(command, { timeoutMs: 1, maxOutputBytes: 1_000 }, new AbortController().signal);
      return { name, command, phase, exitCode, durationMs, status: exitCode === 0 ? 'passed' : 'failed', alreadyFailing: false, outputTail: output };
    },
  };
}

/** `npm test` and `node test/x.test.js` do what the tests say: a test "needs sum" wants a source that adds. */
const onCommand: MemoryWorkspaceOptions['onCommand'] = (command, files) => {
  const tests = command === 'npm test' ? [...files.keys()].filter((path) => path.startsWith('test/')) : command.startsWith('node ') ? [command.slice(5)] : null;
  if (tests === null) return undefined;
  const missing = tests.find((path) => !files.has(path));
  if (missing !== undefined) return { exitCode: 1, output: `Cannot find module ${missing}\n` };
  const adds = files.get('src/add.js')?.includes('a + b') ?? false;
  return tests.some((path) => files.get(path)?.includes('needs sum') && !adds) ? { exitCode: 1, output: 'not ok: expected 3\n' } : { exitCode: 0, output: 'ok\n' };
};

async function worked(changes: Record<string, string>): Promise<MemoryWorkspace> {
  const workspace = new MemoryWorkspace(FILES, { onCommand });
  for (const [path, text] of Object.entries(changes)) await workspace.write(path, text);
  return workspace;
}

const FIX = { 'src/add.js': 'export function add(a, b) {\n  return a + b;\n}\n' };
const TEST = { 'test/add.test.js': 'needs sum\n' };
const reason = (verdict: Acceptance): string => (verdict.accepted ? JSON.stringify(verdict.outcome) : `${verdict.code}: ${verdict.reason}`);

describe('debug', () => {
  it('takes a correction whose test fails on the base and passes on the head, and shows both runs', async () => {
    const workspace = await worked({ ...FIX, ...TEST });
    const seen = context(workspace);
    const verdict = await acceptDebug(submission({ regressionTest: { command: 'node test/add.test.js', files: ['test/add.test.js'] } }), seen);
    expect(verdict).toMatchObject({ accepted: true, outcome: { kind: 'submitted', verification: { status: 'passed' } } });
    expect(seen.given).toMatchObject([{ name: 'Regression test: node test/add.test.js', phase: 'base', status: 'failed' }, { phase: 'head', status: 'passed' }]);
    expect(workspace.base.files.has('test/add.test.js')).toBe(false);
  });

  it('finds the test and the command by itself', async () => {
    expect(await acceptDebug(submission(), context(await worked({ ...FIX, ...TEST })))).toMatchObject({ accepted: true, outcome: { kind: 'submitted' } });
  });

  it('takes a check that failed before and passes now for the test', async () => {
    const workspace = new MemoryWorkspace({ ...FILES, ...TEST }, { onCommand });
    await workspace.write('src/add.js', FIX['src/add.js']);
    expect(await acceptDebug(submission(), context(workspace, { base: baseline('failed') }))).toMatchObject({ accepted: true, outcome: { kind: 'submitted' } });
  });

  it.each<[string, Record<string, string>, Partial<Submission>, RegExp]>([
    ['no diagnosis', { ...FIX, ...TEST }, { diagnosis: null }, /^diagnosis: there is no diagnosis/],
    ['a diagnosis at places that do not exist', { ...FIX, ...TEST }, { diagnosis: 'See src/sub.js:1 and src/add.js:99.' }, /^diagnosis: src\/sub\.js:1: there is no such file; src\/add\.js:99: the file has 3 lines/],
    ['no test', FIX, {}, /^regression: There is no regression test/],
    ['a test that passes on the base', { ...FIX, 'test/add.test.js': 'always ok\n' }, {}, /^regression: .*passes on the code as it was before/],
    ['a test that fails on the head as well', { ...FIX, 'src/add.js': 'nothing\n', ...TEST }, {}, /^regression: .*fails on your change as well/],
    ['a command that looks at the fix', { ...FIX, ...TEST }, { regressionTest: { command: 'grep -q "a + b" src/add.js', files: ['test/add.test.js'] } }, /^regression: .*one plain command/],
    ['a command that does not run the test', { ...FIX, ...TEST }, { regressionTest: { command: 'node src/add.js', files: ['test/add.test.js'] } }, /^regression: .*name one of the test's files/],
    ['a command that cannot be run', { ...FIX, ...TEST }, { regressionTest: { command: 'nodes test/add.test.js', files: ['test/add.test.js'] } }, /^regression: .*cannot be run/],
    ['a test without a correction', TEST, {}, /^regression: Only tests were changed/],
    ['files that were not changed', FIX, { regressionTest: { command: 'npm test', files: ['test/none.test.js'] } }, /^regression: None of test\/none\.test\.js/],
    ['aids of the search', { ...TEST, 'src/add.js': 'export function add(a, b) {\n  console.log("DEBUG", a);\n  return a + b;\n}\n' }, {}, /^leftovers: .*src\/add\.js:2/],
  ])('gives back %s', async (_, changes, more, words) => {
    expect(reason(await acceptDebug(submission(more), context(await worked(changes))))).toMatch(words);
  });

  it('takes no failing check for the test when the change says what it does', async () => {
    const workspace = new MemoryWorkspace({ ...FILES, ...TEST }, { onCommand: (command, files) => (files.get('package.json')?.includes('true') ? { exitCode: 0, output: '' } : onCommand(command, files)) });
    await workspace.write('package.json', '{ "scripts": { "test": "true" } }');
    await workspace.write('src/other.js', 'x\n');
    expect(reason(await acceptDebug(submission(), context(workspace, { base: baseline('failed') })))).toMatch(/^regression: There is no regression test/);
    await workspace.write('test/more.test.js', 'needs sum\n');
    expect(reason(await acceptDebug(submission(), context(workspace, { base: baseline('failed') })))).toMatch(/^regression: .*gives the same without the test/);
  });

  it('sees through a command whose end has nothing to do with the test', async () => {
    const peeks: MemoryWorkspaceOptions['onCommand'] = (command, files) => (command === 'peek test/add.test.js' ? { exitCode: files.get('src/add.js')?.includes('a + b') ? 0 : 1, output: '' } : undefined);
    const workspace = new MemoryWorkspace(FILES, { onCommand: peeks });
    for (const [path, text] of Object.entries({ ...FIX, ...TEST })) await workspace.write(path, text);
    const verdict = await acceptDebug(submission({ regressionTest: { command: 'peek test/add.test.js', files: ['test/add.test.js'] } }), context(workspace));
    expect(reason(verdict)).toMatch(/^regression: .*gives the same without the test/);
  });

  it('fails in the end, and takes a diagnosis without a correction when a reason is given', async () => {
    const workspace = await worked(FIX);
    expect(await acceptDebug(submission(), context(workspace, { refusals: { regression: 3 } }))).toMatchObject({ accepted: true, outcome: { kind: 'failed', code: 'verification_failed' } });
    expect(await acceptDebug(submission({ noChangesReason: 'It is meant so.' }), context(await worked({})))).toMatchObject({ accepted: true, outcome: { kind: 'submitted' } });
    expect(await acceptDebug(submission({ noChangesReason: 'x', diagnosis: '' }), context(await worked({})))).toMatchObject({ accepted: false, code: 'diagnosis' });
  });
});

describe('documentation', () => {
  const accept = async (changes: Record<string, string>, refusals: Partial<Record<RefusalCode, number>> = {}): Promise<Acceptance> => acceptDocumentation(submission(), context(await worked(changes), { refusals }));

  it('takes documents and comments', async () => {
    expect(await accept({ 'README.md': '# New\n', 'docs/a/b.html': '<p>', 'src/add.js': `/** Adds, almost. */\n${FILES['src/add.js']}` })).toMatchObject({ accepted: true, outcome: { kind: 'submitted' } });
  });

  it.each<[string, Record<string, string>, RegExp]>([
    ['code', { 'src/add.js': '// Adds.\nexport function add(a, b) {\n  return a + b;\n}\n' }, /src\/add\.js:3: the code of this line differs from line 2 before/],
    ['what looks like a comment in a template', { 'src/text.js': 'export const text = `// no comment`;\n' }, /src\/text\.js:1: /],
    ['code that became a comment', { 'src/add.js': 'export function add(a, b) {\n  // return a - b;\n}\n' }, /src\/add\.js:3: /],
    ['a new source', { 'src/new.js': '// Only a comment.\n' }, /src\/new\.js: it is no document, so it cannot be added/],
    ['settings', { 'package.json': '{}' }, /package\.json:1: comments of this kind of file cannot be told from code/],
    ['a list of packages that is named like a text', { 'requirements.txt': 'evil\n' }, /requirements\.txt: it is no document/],
  ])('gives back %s', async (_, changes, words) => {
    const verdict = await accept(changes);
    expect(verdict).toMatchObject({ accepted: false, code: 'code_changed' });
    expect(reason(verdict)).toMatch(words);
  });

  it('fails in the end, and does not take back what is left out of the change', async () => {
    expect(await accept({ 'package.json': '{}' }, { code_changed: 3 })).toMatchObject({ accepted: true, outcome: { kind: 'failed', code: 'verification_failed' } });
    const workspace = await worked({ 'package.json': '{}', 'a.md': 'a\n' });
    expect(await acceptDocumentation(submission({ discard: ['package.json'] }), context(workspace))).toMatchObject({ accepted: true, outcome: { kind: 'submitted' } });
  });
});
