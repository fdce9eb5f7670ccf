import { isRecord } from '../tools/argument-schema';

/** How one kind of project shows its checks. */
export interface CheckRule {
  /** Names at the root, in order; the first that is there is read. */
  readonly files: readonly (string | RegExp)[];
  /** The commands that its text shows; none: other rules are asked. `names`: the other files at the root. */
  commands(text: string, names: ReadonlySet<string>): string[];
}

const SCRIPTS = ['lint', 'typecheck', 'type-check', 'test', 'build'];

/** Rules by precedence: what is said outright, then what a project's own tools are told, then what its kind has by custom. None of them may need the network. */
export const CHECK_RULES: readonly CheckRule[] = [
  { files: ['AGENTS.md'], commands: advisedCommands },
  { files: ['package.json'], commands: (text, names) => Object.keys(packageScripts(text)).map((script) => scriptCommand(script, runnerOf(text, names))) },
  { files: ['deno.json', 'deno.jsonc'], commands: () => ['deno test --no-remote'] },
  { files: ['Makefile', 'makefile', 'GNUmakefile'], commands: makeTargets },
  { files: ['justfile', 'Justfile', '.justfile'], commands: (text) => ['lint', 'test'].filter((recipe) => new RegExp(`^@?${recipe}\\b[^\\n:=]*:(?!=)`, 'm').test(text)).map((recipe) => `just ${recipe}`) },
  { files: ['pytest.ini', '.pytest.ini'], commands: (_text, names) => [pytest(names)] },
  { files: ['pyproject.toml'], commands: (text, names) => (/^\[tool\.pytest|\bpytest\b/m.test(text) ? [pytest(names)] : []) },
  // What tox would install is not there: the tests run as they would inside of it.
  { files: ['tox.ini', 'setup.cfg'], commands: (text, names) => (/^\[(?:tool:)?pytest\]|\bpytest\b/m.test(text) ? [pytest(names)] : []) },
  { files: ['manage.py'], commands: () => ['python3 manage.py test'] },
  { files: ['go.mod'], commands: () => ['go vet ./...', 'go test ./...'] },
  { files: ['Cargo.toml'], commands: () => ['cargo test'] },
  { files: ['gradlew'], commands: () => ['./gradlew --offline test'] },
  { files: ['build.gradle', 'build.gradle.kts'], commands: () => ['gradle --offline test'] },
  { files: ['mvnw'], commands: () => ['./mvnw -q -o test'] },
  { files: ['pom.xml'], commands: () => ['mvn -q -o test'] },
  { files: ['composer.json'], commands: composerScripts },
  { files: ['phpunit.xml', 'phpunit.xml.dist'], commands: () => ['vendor/bin/phpunit'] },
  { files: ['.rspec'], commands: (_text, names) => [`${names.has('Gemfile') ? 'bundle exec ' : ''}rspec`] },
  { files: ['Rakefile'], commands: rakeTasks },
  { files: [/\.slnx?$/, /\.[cf]sproj$/], commands: () => ['dotnet test --no-restore'] },
  { files: ['mix.exs'], commands: () => ['mix test'] },
  { files: ['Package.swift'], commands: () => ['swift test'] },
  { files: ['pubspec.yaml'], commands: (text) => [/^[ \t]*flutter:/m.test(text) ? 'flutter test --no-pub' : 'dart test'] },
];

/** The scripts of a package.json that are checks, as command by script name; empty when it cannot be read. */
export function packageScripts(text: string): Record<string, string> {
  const { scripts } = parsed(text);
  if (!isRecord(scripts)) return {};
  return Object.fromEntries(SCRIPTS.flatMap((name) => (typeof scripts[name] === 'string' && !/no test specified/.test(scripts[name]) ? [[name, scripts[name]]] : [])));
}

/** The program that runs a package's scripts: by its lock file, else by what the package asks for. */
function runnerOf(text: string, names: ReadonlySet<string>): 'npm' | 'pnpm' | 'yarn' | 'bun' {
  if (names.has('pnpm-lock.yaml')) return 'pnpm';
  if (names.has('yarn.lock')) return 'yarn';
  if (names.has('bun.lock') || names.has('bun.lockb')) return 'bun';
  if (names.has('package-lock.json')) return 'npm';
  const { packageManager } = parsed(text);
  const asked = typeof packageManager === 'string' ? packageManager.split('@', 1)[0] : undefined;
  return asked === 'pnpm' || asked === 'yarn' || asked === 'bun' ? asked : 'npm';
}

function scriptCommand(script: string, runner: string): string {
  return runner === 'npm' && script === 'test' ? 'npm test' : `${runner} run ${script}`;
}

function makeTargets(text: string): string[] {
  const has = (target: string): boolean => new RegExp(`^(?:[^\\n:#=\\t]* )?${target}(?:[ \\t][^\\n:#=]*)?::?(?!=)`, 'm').test(text);
  const tests = has('test') ? ['test'] : ['check', 'tests'].filter(has).slice(0, 1);
  return [...(has('lint') ? ['lint'] : []), ...tests].map((target) => `make ${target}`);
}

function pytest(names: ReadonlySet<string>): string {
  if (names.has('uv.lock')) return 'uv run --offline pytest -q';
  return names.has('poetry.lock') ? 'poetry run pytest -q' : 'python3 -m pytest -q';
}

function rakeTasks(text: string, names: ReadonlySet<string>): string[] {
  const rake = names.has('Gemfile') ? 'bundle exec rake' : 'rake';
  if (/TestTask|\btask[ \t(]{0,8}:?["']?test\b/.test(text)) return [`${rake} test`];
  return /\btask[ \t(]{0,8}:?["']?default\b/.test(text) ? [rake] : [];
}

function composerScripts(text: string): string[] {
  const { scripts } = parsed(text);
  return isRecord(scripts) ? ['lint', 'test'].filter((name) => Object.hasOwn(scripts, name)).map((name) => `composer run-script ${name}`) : [];
}

/** Lines of a fenced block that is called "checks", or that stands under a heading of that name. */
function advisedCommands(text: string): string[] {
  const block = /^```[^\n]*\bchecks\b[^\n]*\n([\s\S]*?)^```/m.exec(text) ?? /^#{1,6}[ \t]+checks?[ \t]*:?[ \t]*\n(?:(?!#|```)[^\n]*\n)*```[^\n]*\n([\s\S]*?)^```/im.exec(text);
  return (block?.[1] ?? '').split('\n').map((line) => line.trim().replace(/^\$\s+/, '')).filter((line) => line !== '' && !line.startsWith('#') && line.length <= 500);
}

function parsed(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return isRecord(value) ? value : {};
  } catch {
    return {};
  }
}
