import type { Verification } from '../journal';
import type { Mode } from '../modes/mode';
import type { TaskFacts } from '../task';
import { printable } from '../text/printable';
import { WorkspaceError, type Tree } from '../workspace';

const MAX_ADVICE_CHARACTERS = 16_000;
const MAX_ENTRIES = 200;
const ADVICE_FILES = ['AGENTS.md', 'CLAUDE.md'];

export interface OpeningInput {
  readonly task: TaskFacts;
  readonly mode: Mode;
  readonly base: Tree;
  /** What the checks gave before the work; null: the mode runs none. */
  readonly baseline: Verification | null;
  readonly secrets: readonly string[];
}

/** The first turn: what the agent would otherwise spend its first calls on, then the task. Made of the base only, so that a resumed run sends the same. */
export async function openingTurn(input: OpeningInput): Promise<string> {
  const { task, mode, base, baseline, secrets } = input;
  const environment = [
    `Repository: ${task.repository}`,
    `Branch: ${task.branch}`,
    `Commit: ${task.baseSha}`,
    `Top level: ${await topLevel(base)}`,
    ...(mode.runsChecks ? [checks(baseline)] : []),
  ];
  const advice = await adviceOf(base);
  return printable([
    block('environment', environment.join('\n')),
    ...(advice === '' ? [] : [block('repository-advice', advice)]),
    ...(task.instructions?.trim() ? [block('repository-settings-advice', task.instructions.trim())] : []),
    ...(task.materials ?? []).map(({ tag, text }) => block(tag, text.trim())),
    block('task', task.prompt.trim()),
  ].join('\n\n'), secrets);
}

async function topLevel(base: Tree): Promise<string> {
  const entries = (await base.list('')).filter((entry) => entry.path !== '.git');
  const names = entries.slice(0, MAX_ENTRIES).map((entry) => (entry.kind === 'folder' ? `${entry.path}/` : entry.path));
  if (names.length === 0) return '(empty)';
  return names.join('  ') + (entries.length > MAX_ENTRIES ? `  … and ${entries.length - MAX_ENTRIES} more` : '');
}

function checks(baseline: Verification | null): string {
  const runs = baseline?.checks ?? [];
  if (runs.length === 0) return 'Check commands: none known.';
  const lines = runs.map((run) => `- ${run.command}: ${run.status === 'passed' ? 'passes' : `fails${run.exitCode === null ? '' : ` (exit code ${run.exitCode})`}`} before your change`);
  return `Check commands (from ${baseline?.source ?? 'the repository'}):\n${lines.join('\n')}`;
}

async function adviceOf(base: Tree): Promise<string> {
  for (const path of ADVICE_FILES) {
    try {
      const text = (await base.read(path, 1, 1_000)).lines.join('\n').trim();
      if (text !== '') return `(${path})\n${text.slice(0, MAX_ADVICE_CHARACTERS)}`;
    } catch (error) {
      if (!(error instanceof WorkspaceError)) throw error;
    }
  }
  return '';
}

/** A text cannot close the block that it stands in. */
function block(tag: string, text: string): string {
  return `<${tag}>\n${text.replace(/<(\/?)(environment|repository-advice|repository-settings-advice|approved-plan|diff|task)\b/gi, '&lt;$1$2')}\n</${tag}>`;
}
