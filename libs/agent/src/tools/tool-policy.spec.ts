import type { CallPart } from '@app/providers';
import { MODES, type AgentMode } from '../modes';
import { ToolPolicy } from './tool-policy';
import { TOOLS } from './tool-registry';
import type { ToolName } from './tool-name';

function call(name: string, args: unknown, argsError?: string): CallPart {
  return { t: 'call', id: 'c1', name, args, ...(argsError === undefined ? {} : { argsError }) };
}

const code = new ToolPolicy({ ...MODES.code, allowCiFiles: false });
const write = (path: string): CallPart => call('write', { path, content: 'x' });

/** Arguments that each tool takes. */
const VALID: Readonly<Record<ToolName, unknown>> = {
  read: { path: 'a' }, ls: {}, glob: { pattern: '*' }, grep: { pattern: 'x' }, repo_map: {}, apply_patch: { input: '*** Begin Patch\n*** Delete File: a\n*** End Patch' }, edit: { path: 'a.md', old: 'b', new: 'c' }, write: { path: 'a.md', content: '' }, bash: { command: 'ls' },
  todo: { items: [] }, add_finding: { file: 'a', line: 1, severity: 'low', confidence: 'low', category: 'bug', title: 't', body: 'b' }, ask_user: { question: 'q' }, submit: { title: 't', summary: 's', testing: '', risks: '' },
};

describe('tools of a mode', () => {
  it.each(Object.keys(MODES) as AgentMode[])('in %s are the ones offered, and no other runs', (mode) => {
    const policy = new ToolPolicy({ ...MODES[mode], allowCiFiles: true });
    expect(policy.specs().map((spec) => spec.name)).toEqual(MODES[mode].tools);
    const runnable = (Object.keys(TOOLS) as ToolName[]).filter((name) => policy.check(call(name, VALID[name])).allowed);
    expect(runnable.sort()).toEqual([...MODES[mode].tools].sort());
  });

  it('that read are the only ones in ask', () => {
    expect(MODES.ask.tools.filter((name) => !TOOLS[name].readOnly)).toEqual(['submit']);
    expect(MODES.ask.writablePaths).toEqual([]);
  });

  it('take no argument that is policy', () => {
    const names = Object.values(TOOLS).flatMap((tool) => Object.keys(tool.parameters.properties));
    expect(names.filter((name) => /ref|remote|host|budget|sandbox|branch|push/i.test(name))).toEqual([]);
  });

  it('are refused by names that mean something else in JavaScript', () => {
    for (const name of ['constructor', '__proto__', 'toString', '']) expect(code.check(call(name, {})).allowed).toBe(false);
  });
});

describe('paths', () => {
  it.each(['.git/config', '.git', 'a/.git/hooks/pre-commit', '.GIT/config', '.git./config', 'sub/.Git/x', './/.git//config', '/workspace/repo/.git/config', '.g\u200cit/config'])('into the git folder are refused: %s', (path) => {
    expect(code.check(write(path)).allowed).toBe(false);
    expect(code.check(call('read', { path })).allowed).toBe(false);
    expect(code.check(call('edit', { path, old: 'a', new: 'b' })).allowed).toBe(false);
  });

  it.each(['../x', 'a/../../x', '/etc/passwd', '/workspace/home/x', '/workspace/scratch/../repo/x', '~/../x'])('outside of the repository are refused: %s', (path) => {
    expect(code.check(write(path)).allowed).toBe(false);
    expect(code.check(call('ls', { path })).allowed).toBe(false);
  });

  it.each(['.github/workflows/ci.yml', '.github/actions/x/action.yml', '.GitHub/Workflows/ci.yml', '.gitlab-ci.yml', '.circleci/config.yml', 'Jenkinsfile', 'sub/Jenkinsfile'])('of CI files are written only where the repository allows it: %s', (path) => {
    expect(code.check(write(path))).toMatchObject({ allowed: false, reason: expect.stringContaining('CI file') as string });
    expect(code.check(call('read', { path })).allowed).toBe(true);
    expect(new ToolPolicy({ ...MODES.code, allowCiFiles: true }).check(write(path)).allowed).toBe(true);
  });

  it('are given to the tool as the workspace takes them', () => {
    expect(code.check(write('./src//a.ts'))).toMatchObject({ allowed: true, args: { path: 'src/a.ts' } });
    expect(code.check(write('/workspace/repo/src/a.ts'))).toMatchObject({ allowed: true, args: { path: 'src/a.ts' } });
    expect(code.check(call('read', { path: '/workspace/scratch/out/c1.txt' }))).toMatchObject({ allowed: true, args: { path: '/workspace/scratch/out/c1.txt' } });
    expect(code.check(write('.github/pull_request_template.md')).allowed).toBe(true);
    expect(code.check(write('.gitignore')).allowed).toBe(true);
  });

  it('may be written only where the mode says', () => {
    const docs = new ToolPolicy({ ...MODES.code, writablePaths: ['**/*.md', 'docs/**'], allowCiFiles: false });
    expect(docs.check(write('a/README.md')).allowed).toBe(true);
    expect(docs.check(write('docs/x.svg')).allowed).toBe(true);
    expect(docs.check(write('src/a.ts'))).toMatchObject({ allowed: false, reason: expect.stringContaining('**/*.md') as string });
    expect(new ToolPolicy({ ...MODES.code, writablePaths: [], allowCiFiles: true }).check(write('a')).allowed).toBe(false);
  });
});

describe('arguments', () => {
  it.each([
    ['read', {}, '"path" is missing'],
    ['read', { path: 7 }, '"path" must be a text'],
    ['read', { path: ' ' }, '"path" must not be empty'],
    ['read', { path: 'a', offset: 0 }, '"offset" must be an integer from 1'],
    ['read', { path: 'a', offset: 1.5 }, '"offset" must be an integer'],
    ['read', { path: 'a', lines: 3 }, '"lines" is not known; known: path, offset, limit'],
    ['grep', { pattern: 'a', ignoreCase: 'yes' }, '"ignoreCase" must be true or false'],
    ['todo', { items: [{ text: 'a', state: 'later' }] }, '"items[0].state" must be one of: open, doing, done'],
    ['todo', { items: 'a' }, '"items" must be a list'],
    ['bash', { command: 'ls', timeout: 601 }, '"timeout" must be an integer from 1 to 600'],
    ['submit', { title: 'a' }, '"summary" is missing'],
    ['ls', 'src', 'the arguments must be an object with: path'],
    ['ls', [], 'the arguments must be an object'],
    ['ls', null, 'the arguments must be an object'],
  ])('of %s that are wrong are explained: %j', (name, args, reason) => {
    const verdict = code.check(call(name, args));
    expect(verdict).toMatchObject({ allowed: false, reason: expect.stringContaining(reason) as string });
  });

  it('may be null where they are optional', () => {
    expect(code.check(call('read', { path: 'a', offset: null, limit: null }))).toMatchObject({ allowed: true, args: { path: 'a' } });
  });

  it('that are no JSON are sent back', () => {
    expect(code.check(call('read', {}, 'Unexpected end'))).toMatchObject({ allowed: false, reason: expect.stringContaining('not valid JSON: Unexpected end') as string });
  });
});
