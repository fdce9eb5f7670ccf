import { MemoryTree } from '../testing/memory-tree';
import { testTask } from '../testing/test-host';
import { discoverChecks, packageScripts } from './discover';

async function found(files: Record<string, string>, changes: Parameters<typeof testTask>[0] = {}): Promise<[source: string, ...commands: string[]]> {
  const { source, checks } = await discoverChecks(testTask(changes), new MemoryTree(new Map(Object.entries(files))));
  return [source, ...checks.map((check) => check.command)];
}

const pack = (scripts: Record<string, string>): string => JSON.stringify({ scripts });

describe('discoverChecks', () => {
  it('takes what was set before anything that it finds', async () => {
    const files = { 'package.json': pack({ test: 'jest' }) };
    expect(await found(files, { verifyCommands: ['make check', ' make check ', ''], verifyCommandsFrom: 'repository' })).toEqual(['repository', 'make check']);
    expect(await found(files, { verifyCommands: ['npm run e2e'], verifyCommandsFrom: 'task' })).toEqual(['task', 'npm run e2e']);
  });

  it('takes the advice of AGENTS.md, in a block called checks or under that heading', async () => {
    const rest = { 'package.json': pack({ test: 'jest' }) };
    expect(await found({ ...rest, 'AGENTS.md': '# Advice\n\n```bash checks\n$ npm run lint\n# all of them\nnpm test -- --ci\n```\n' })).toEqual(['AGENTS.md', 'npm run lint', 'npm test -- --ci']);
    expect(await found({ ...rest, 'AGENTS.md': '## Checks\n\nRun these.\n\n```sh\nmake test\n```\n\n## Other\n```\nrm -rf x\n```\n' })).toEqual(['AGENTS.md', 'make test']);
    expect(await found({ ...rest, 'AGENTS.md': '## Checks\n\nnone\n\n## Deploy\n\n```sh\nmake deploy\n```\n' })).toEqual(['package.json', 'npm test']);
    expect(await found({ ...rest, 'AGENTS.md': 'Be nice.\n' })).toEqual(['package.json', 'npm test']);
  });

  it('takes the scripts of package.json, with the project\'s own package manager', async () => {
    const scripts = pack({ build: 'tsc', start: 'node .', test: 'jest', lint: 'eslint .', deploy: 'x' });
    expect(await found({ 'package.json': scripts })).toEqual(['package.json', 'npm run lint', 'npm test', 'npm run build']);
    expect(await found({ 'package.json': scripts, 'pnpm-lock.yaml': '' })).toEqual(['package.json', 'pnpm run lint', 'pnpm run test', 'pnpm run build']);
    expect(await found({ 'package.json': scripts, 'yarn.lock': '' })).toEqual(['package.json', 'yarn run lint', 'yarn run test', 'yarn run build']);
  });

  it('passes over what is no check', async () => {
    expect(packageScripts(pack({ test: 'echo "Error: no test specified" && exit 1' }))).toEqual({});
    for (const text of ['', '{', 'null', '[]', '{"scripts":[]}', '{"scripts":{"test":1}}']) expect(packageScripts(text)).toEqual({});
    expect(await found({ 'package.json': '{broken', Makefile: 'all:\n\techo\ntest: all\n\tgo\n' })).toEqual(['Makefile', 'make test']);
    expect(await found({ Makefile: 'test := x\n', 'go.mod': 'module x\n' })).toEqual(['go.mod', 'go vet ./...', 'go test ./...']);
    expect(await found({ 'README.md': 'x', 'sub/package.json': pack({ test: 'x' }) })).toEqual(['none']);
    expect(await found({})).toEqual(['none']);
  });

  it('knows other kinds of project', async () => {
    expect(await found({ 'pyproject.toml': '[project]\n[tool.pytest.ini_options]\n' })).toEqual(['pyproject.toml', 'python3 -m pytest -q']);
    expect(await found({ 'pyproject.toml': '[project]\n' })).toEqual(['none']);
    expect(await found({ 'pytest.ini': '' })).toEqual(['pytest.ini', 'python3 -m pytest -q']);
    expect(await found({ 'Cargo.toml': '' })).toEqual(['Cargo.toml', 'cargo test']);
  });
});
