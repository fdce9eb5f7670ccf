import type { TaskFacts } from '../task';
import { WorkspaceError, type Tree } from '../workspace';
import { CHECK_RULES } from './check-rules';

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

/**
 * The check commands: set for the task or the repository, else found in the base tree, which the agent cannot change. The files
 * only advise which commands to run; they run in the sandbox.
 */
export async function discoverChecks(task: TaskFacts, base: Tree): Promise<CheckPlan> {
  if (task.verifyCommands.length > 0) return { source: task.verifyCommandsFrom ?? 'task', checks: named(task.verifyCommands) };
  const names = new Set((await base.list('')).filter((entry) => entry.kind === 'file').map((entry) => entry.path));
  for (const rule of CHECK_RULES) {
    const file = rule.files.map((wanted) => (typeof wanted === 'string' ? (names.has(wanted) ? wanted : undefined) : [...names].sort().find((name) => wanted.test(name)))).find((name) => name !== undefined);
    const commands = file === undefined ? [] : rule.commands(await textOf(base, file), names);
    if (file !== undefined && commands.length > 0) return { source: file, checks: named(commands) };
  }
  return { source: 'none', checks: [] };
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
