import type { TaskFacts } from '../task';
import { WorkspaceError, type Tree } from '../workspace';
import { isRecord } from '../tools/argument-schema';

export interface Check {
  readonly name: string;
  readonly command: string;
}

/** Which checks a project has, and who says so: "task", "repository", a file of the base tree, or "none". */
export interface CheckPlan {
  readonly source: string;
  readonly checks: readonly Check[];
}

const MAX_CHECKS = 10;
const MAX_LINES = 5_000;
const SCRIPTS = ['lint', 'test', 'build'];

/**
 * The check commands: set for the task or the repository, else found in the base tree, which the agent cannot change. The files
 * only advise which commands to run; they run in the sandbox.
 */
export async function discoverChecks(task: TaskFacts, base: Tree): Promise<CheckPlan> {
  if (task.verifyCommands.length > 0) return { source: task.verifyCommandsFrom ?? 'task', checks: named(task.verifyCommands) };
  const names = new Set((await base.list('')).filter((entry) => entry.kind === 'file').map((entry) => entry.path));
  for (const rule of RULES) {
    const file = rule.files.find((name) => names.has(name));
    const commands = file === undefined ? [] : rule.commands(await textOf(base, file), names);
    if (file !== undefined && commands.length > 0) return { source: file, checks: named(commands) };
  }
  return { source: 'none', checks: [] };
}

/** The scripts of a package.json that are checks, as command by script name; empty when it cannot be read. */
export function packageScripts(text: string): Record<string, string> {
  try {
    const scripts = (JSON.parse(text) as { scripts?: unknown } | null)?.scripts;
    if (!isRecord(scripts)) return {};
    return Object.fromEntries(SCRIPTS.flatMap((name) => (typeof scripts[name] === 'string' && !/no test specified/.test(scripts[name]) ? [[name, scripts[name]]] : [])));
  } catch {
    return {};
  }
}

interface Rule {
  readonly files: readonly string[];
  commands(text: string, names: ReadonlySet<string>): string[];
}

const RULES: readonly Rule[] = [
  { files: ['AGENTS.md'], commands: advisedCommands },
  { files: ['package.json'], commands: (text, names) => Object.keys(packageScripts(text)).map((script) => scriptCommand(script, names)) },
  { files: ['Makefile', 'makefile', 'GNUmakefile'], commands: (text) => ['lint', 'test'].filter((target) => new RegExp(`^${target}\\s*:(?!=)`, 'm').test(text)).map((target) => `make ${target}`) },
  { files: ['pytest.ini'], commands: () => ['python3 -m pytest -q'] },
  { files: ['pyproject.toml'], commands: (text) => (/^\[tool\.pytest|\bpytest\b/m.test(text) ? ['python3 -m pytest -q'] : []) },
  { files: ['go.mod'], commands: () => ['go vet ./...', 'go test ./...'] },
  { files: ['Cargo.toml'], commands: () => ['cargo test'] },
];

function scriptCommand(script: string, names: ReadonlySet<string>): string {
  if (names.has('pnpm-lock.yaml')) return `pnpm run ${script}`;
  if (names.has('yarn.lock')) return `yarn run ${script}`;
  if (names.has('bun.lock') || names.has('bun.lockb')) return `bun run ${script}`;
  return script === 'test' ? 'npm test' : `npm run ${script}`;
}

/** Lines of a fenced block that is called "checks", or that stands under a heading of that name. */
function advisedCommands(text: string): string[] {
  const block = /^```[^\n]*\bchecks\b[^\n]*\n([\s\S]*?)^```/m.exec(text) ?? /^#{1,6}[ \t]+checks?[ \t]*:?[ \t]*\n(?:(?!#|```)[^\n]*\n)*```[^\n]*\n([\s\S]*?)^```/im.exec(text);
  return (block?.[1] ?? '').split('\n').map((line) => line.trim().replace(/^\$\s+/, '')).filter((line) => line !== '' && !line.startsWith('#') && line.length <= 500);
}

function named(commands: readonly string[]): Check[] {
  return [...new Set(commands.map((command) => command.trim()))].filter((command) => command !== '').slice(0, MAX_CHECKS).map((command) => ({ name: command.length > 100 ? `${command.slice(0, 99)}…` : command, command }));
}

async function textOf(base: Tree, path: string): Promise<string> {
  try {
    return (await base.read(path, 1, MAX_LINES)).lines.join('\n');
  } catch (error) {
    if (error instanceof WorkspaceError) return '';
    throw error;
  }
}
