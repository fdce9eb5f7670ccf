import { createHash } from 'node:crypto';
import type { ToolOutcome } from '../journal';

/** These have limits of their own, and repeating them is no sign of being lost. */
const NOT_COUNTED = new Set(['submit', 'todo', 'ask_user']);

/**
 * What one turn did, a short key for each different action: the call with its arguments and the hash of its output, so that a test that is
 * run again after an edit is another action. An error counts as the same whatever its words.
 */
export function actionsOf(results: readonly ToolOutcome[]): string[] {
  return [...new Set(results.filter((result) => !NOT_COUNTED.has(result.name)).map(actionKey))];
}

/** How often the last action was done in a row, and over how many actions two of them alternate. */
export function repetition(actions: readonly string[], most: number): { same: number; alternating: number } {
  const keys = actions.slice(-most);
  const last = keys.at(-1);
  const before = keys.at(-2);
  const differs = keys.findLastIndex((key) => key !== last);
  const same = keys.length - 1 - differs;
  if (last === undefined || before === undefined || last === before) return { same, alternating: 0 };
  const breaks = keys.findLastIndex((key, n) => key !== ((keys.length - 1 - n) % 2 === 0 ? last : before));
  return { same, alternating: keys.length - 1 - breaks };
}

/** Where the whole output is kept differs per call. */
function actionKey({ name, args, isError, text }: ToolOutcome): string {
  const what = JSON.stringify([args, isError ? 'error' : text.replace(/\/out\/\S+/g, '/out/')]);
  return `${name} ${createHash('sha256').update(what).digest('base64').slice(0, 16)}`;
}
