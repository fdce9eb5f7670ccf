import { MemoryTree } from '../testing/memory-tree';
import { testTask } from '../testing/test-host';
import { packageScripts } from './check-rules';
import { discoverChecks } from './discover';

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

  it('asks the package manager that the package names, where no lock file shows it', async () => {
    const pnpm = JSON.stringify({ packageManager: 'pnpm@10.2.0', scripts: { test: 'vitest', typecheck: 'tsc' } });
    expect(await found({ 'package.json': pnpm })).toEqual(['package.json', 'pnpm run typecheck', 'pnpm run test']);
    expect(await found({ 'package.json': pnpm, 'package-lock.json': '{}' })).toEqual(['package.json', 'npm run typecheck', 'npm test']);
    expect(await found({ 'package.json': JSON.stringify({ packageManager: '../evil@1', scripts: { test: 'x' } }) })).toEqual(['package.json', 'npm test']);
  });

  it('takes the targets of a Makefile that test, whatever stands beside them', async () => {
    expect(await found({ Makefile: '.PHONY: lint test\nlint test:\n\t./x $@\n' })).toEqual(['Makefile', 'make lint', 'make test']);
    expect(await found({ Makefile: 'check: all\n\tgo\ntested:\n\tx\n' })).toEqual(['Makefile', 'make check']);
    expect(await found({ Makefile: '# test: nothing\n\ttest: in a recipe\nTEST := test\n' })).toEqual(['none']);
  });

  it('reads hostile files in time', async () => {
    const began = performance.now();
    for (const [file, text] of [['Makefile', `test${' '.repeat(200_000)}`], ['Rakefile', `task${' '.repeat(200_000)}`], ['justfile', `test${'x '.repeat(100_000)}`], ['AGENTS.md', `# checks\n${'x\n'.repeat(4_000)}`], ['pubspec.yaml', '\n'.repeat(4_000)]] as const) await found({ [file]: text });
    expect(performance.now() - began).toBeLessThan(5_000);
  });

  it.each<[name: string, files: Record<string, string>, ...commands: string[]]>([
    ['pyproject.toml', { 'pyproject.toml': '[project]\n[tool.pytest.ini_options]\n' }, 'python3 -m pytest -q'],
    ['pyproject.toml', { 'pyproject.toml': 'dev = ["pytest"]\n', 'uv.lock': '' }, 'uv run --offline pytest -q'],
    ['none', { 'pyproject.toml': '[project]\n' }],
    ['pytest.ini', { 'pytest.ini': '', 'poetry.lock': '' }, 'poetry run pytest -q'],
    ['tox.ini', { 'tox.ini': '[testenv]\ncommands = pytest {posargs}\n' }, 'python3 -m pytest -q'],
    ['setup.cfg', { 'setup.cfg': '[tool:pytest]\n' }, 'python3 -m pytest -q'],
    ['none', { 'tox.ini': '[testenv]\ncommands = make\n' }],
    ['manage.py', { 'manage.py': '' }, 'python3 manage.py test'],
    ['Cargo.toml', { 'Cargo.toml': '' }, 'cargo test'],
    ['gradlew', { gradlew: '', 'build.gradle': '' }, './gradlew --offline test'],
    ['build.gradle.kts', { 'build.gradle.kts': '' }, 'gradle --offline test'],
    ['mvnw', { mvnw: '', 'pom.xml': '' }, './mvnw -q -o test'],
    ['pom.xml', { 'pom.xml': '' }, 'mvn -q -o test'],
    ['composer.json', { 'composer.json': '{"scripts":{"test":"phpunit","deploy":"x"}}', 'phpunit.xml': '' }, 'composer run-script test'],
    ['phpunit.xml', { 'composer.json': '{}', 'phpunit.xml': '' }, 'vendor/bin/phpunit'],
    ['.rspec', { '.rspec': '', Gemfile: '' }, 'bundle exec rspec'],
    ['Rakefile', { Rakefile: 'Rake::TestTask.new(:test)\ntask default: :test\n' }, 'rake test'],
    ['App.sln', { 'App.sln': '', 'App.csproj': '' }, 'dotnet test --no-restore'],
    ['mix.exs', { 'mix.exs': '' }, 'mix test'],
    ['deno.json', { 'deno.json': '{}' }, 'deno test --no-remote'],
    ['justfile', { justfile: 'test *args:\n  x\nlint:\n  y\n' }, 'just lint', 'just test'],
  ])('knows other kinds of project: %s %j', async (source, files, ...commands) => {
    expect(await found(files)).toEqual([source, ...commands]);
  });
});
