import type { ChangedFile } from '../workspace';
import { changedScripts, type FileSides } from './package-scripts';
import { isCiFile, protectedFiles } from './protected-files';
import { decideOn, mayWriteCiFiles } from './publish-policy';

function file(path: string, changes: Partial<ChangedFile> = {}): ChangedFile {
  return { path, oldPath: null, status: 'modified', additions: 1, deletions: 1, binary: false, ...changes };
}

function kinds(files: readonly ChangedFile[], sides: Readonly<Record<string, FileSides>> = {}): string[] {
  return protectedFiles(files, (path) => sides[path]).map(({ path, kind }) => `${path} ${kind}`);
}

describe('isCiFile', () => {
  it.each(['.github/workflows/ci.yml', '.GitHub/Workflows/ci.yml', '.github/actions/x/run.sh', '.circleci/config.yml', '.gitlab-ci.yml', 'ci/Jenkinsfile', 'Jenkinsfile.release', 'azure-pipelines.yml', '.buildkite/p.yml', 'bitbucket-pipelines.yml'])('takes %s', (path) => expect(isCiFile(path)).toBe(true));
  it.each(['src/workflows/ci.yml', 'docs/Jenkins.md', '.github/ISSUE_TEMPLATE.md', 'action.yml'])('lets %s be', (path) => expect(isCiFile(path)).toBe(false));
});

describe('protectedFiles', () => {
  it('names what runs code or decides what runs, each file once', () => {
    const files = ['src/a.ts', '.github/workflows/ci.yml', '.gitlab-ci.yml', 'web/yarn.lock', 'Cargo.lock', '.husky/pre-commit', '.npmrc', 'CODEOWNERS', 'README.md'].map((path) => file(path));
    expect(kinds(files)).toEqual(['.github/workflows/ci.yml workflow', '.gitlab-ci.yml ci', 'web/yarn.lock lock_file', 'Cargo.lock lock_file', '.husky/pre-commit hook', '.npmrc hook', 'CODEOWNERS ownership']);
  });

  it('looks at where a file came from', () => {
    expect(kinds([file('old.yml', { oldPath: '.github/workflows/ci.yml', status: 'renamed' })])).toEqual(['old.yml workflow']);
  });

  it('looks into manifests', () => {
    const sides = { 'package.json': { before: '{"scripts":{"test":"jest"},"version":"1"}', after: '{"version":"2","scripts":{"test":"jest"}}' }, 'a/package.json': { before: '{}', after: '{"scripts":{"postinstall":"curl x"}}' } };
    const found = protectedFiles([file('package.json'), file('a/package.json')], (path) => sides[path as 'package.json']);
    expect(found).toEqual([{ path: 'a/package.json', kind: 'package_scripts', why: expect.stringContaining('(changed: postinstall)') as string }]);
    expect(kinds([file('package.json')])).toEqual(['package.json package_scripts']);
  });
});

describe('changedScripts', () => {
  it.each<[string, FileSides, string[]]>([
    ['a new file without scripts', { before: null, after: '{"name":"x"}' }, []],
    ['a new file with scripts', { before: null, after: '{"scripts":{"a":"b"}}' }, ['a']],
    ['a file that is gone', { before: '{"scripts":{"a":"b"}}', after: null }, ['a']],
    ['other parts that run', { before: '{}', after: '{"bin":"x.js","overrides":{"a":"1"}}' }, ['bin', 'overrides']],
    ['a file that is no JSON', { before: '{}', after: '{' }, ['the file cannot be read as JSON']],
    ['a list', { before: '{}', after: '[]' }, ['the file cannot be read as JSON']],
    ['a name that is text', { before: '{}', after: '{"scripts":{"@octocat `x`\\n":"y"}}' }, ['octocatx']],
    ['what a prototype has', { before: '{}', after: '{"scripts":{"__proto__":"y","constructor":"z"}}' }, ['__proto__', 'constructor']],
  ])('%s', (_what, sides, names) => expect(changedScripts(sides)).toEqual(names));
});

describe('the policy', () => {
  const files = protectedFiles([file('.github/workflows/ci.yml')], () => undefined);
  it.each([
    ['refuse', false, false, 'flagged'], ['refuse', true, true, 'flagged'], ['approve', false, true, 'held'], ['approve', true, true, 'held'], ['flag', false, true, 'flagged'],
  ] as const)('%s, with CI files allowed: %s', (protectedPaths, allowCiFiles, mayWrite, decision) => {
    expect(mayWriteCiFiles({ protectedPaths, allowCiFiles })).toBe(mayWrite);
    expect(decideOn(files, { protectedPaths, allowCiFiles }, false)).toBe(decision);
    expect(decideOn(files, { protectedPaths, allowCiFiles }, true)).toBe('flagged');
    expect(decideOn([], { protectedPaths, allowCiFiles }, false)).toBe('clear');
  });
});
