import type { Verification } from '../journal';
import type { Mode } from '../modes/mode';
import { repoMap } from '../repo-map/repo-map';
import type { TaskFacts } from '../task';
import { printable } from '../text/printable';
import type { Tree } from '../workspace';
import { repositoryAdvice } from './advice';
import { block } from './block';
import { checkFacts, machineFacts, packageManagers, topLevel } from './environment';

const MAP_TOKENS = 1_500;

export interface OpeningInput {
  readonly task: TaskFacts;
  readonly mode: Mode;
  readonly base: Tree;
  /** What the checks gave before the work; null: the mode runs none. */
  readonly baseline: Verification | null;
  readonly secrets: readonly string[];
  readonly signal: AbortSignal;
}

/** The first turn: what the agent would otherwise spend its first calls on, then the task. Made of the base only, so that a resumed run sends the same. */
export async function openingTurn(input: OpeningInput): Promise<string> {
  const { task, base, secrets } = input;
  const advice = await repositoryAdvice(base, `${task.title}\n${task.prompt}`);
  const map = await mapOf(input);
  return printable([
    block('environment', (await environmentOf(input)).join('\n')),
    ...(advice === '' ? [] : [block('repository-advice', advice)]),
    ...(map === null ? [] : [block('repository-map', map)]),
    ...(task.instructions?.trim() ? [block('repository-settings-advice', task.instructions.trim())] : []),
    ...(task.materials ?? []).map(({ tag, text }) => block(tag, text.trim())),
    block('task', task.prompt.trim()),
  ].join('\n\n'), secrets);
}

async function environmentOf({ task, mode, base, baseline, signal }: OpeningInput): Promise<string[]> {
  const entries = (await base.list('')).filter((entry) => entry.path !== '.git');
  return [
    `Repository: ${task.repository}`,
    `Branch: ${task.branch}`,
    `Commit: ${task.baseSha}`,
    topLevel(entries),
    ...packageManagers(entries),
    ...(mode.tools.includes('bash') ? await machineFacts(base, signal) : []),
    ...(mode.runsChecks ? [checkFacts(baseline)] : []),
  ];
}

/** A way in for modes that have the map as a tool. */
async function mapOf({ task, mode, base, signal }: OpeningInput): Promise<string | null> {
  if (!mode.tools.includes('repo_map')) return null;
  return repoMap(base, { text: `${task.title}\n${task.prompt}`, maxTokens: MAP_TOKENS, signal });
}
