import { NEW_FILE_MARK, type AgentPlan } from '../delivery/plan';
import type { Submission } from '../journal';
import { checkPath } from '../tools/path-rules';
import { WorkspaceError, type Tree } from '../workspace';
import { NOT_VERIFIED, notDelivered, type AcceptContext, type Acceptance } from './mode';
import { whyChanged } from './unchanged';

const MAX_REFUSALS = 3;
const MAX_SHOWN = 10;

/** The gate in front of every plan: the tree is as it was, the steps can be told apart, and each path is there at the base or marked as new. */
export async function acceptPlan(submission: Submission, context: AcceptContext): Promise<Acceptance> {
  const changed = await whyChanged(context.workspace);
  if (changed !== null) return notDelivered(changed);
  const faults = await planFaults(submission.plan ?? null, context.workspace.base);
  if (faults.length === 0) return { accepted: true, outcome: { kind: 'submitted', submission: { ...submission, noChangesReason: null }, verification: NOT_VERIFIED } };
  const shown = faults.slice(0, MAX_SHOWN).join('; ');
  if (context.refusals('plan') >= MAX_REFUSALS) return notDelivered(`The plan is not sound: ${shown}.`);
  return { accepted: false, code: 'plan', reason: `${shown}. Look again with ls, glob or read, and submit a plan whose paths are true; one that a step will make ends in "${NEW_FILE_MARK}".` };
}

/** What is wrong with a plan; empty: nothing. */
export async function planFaults(plan: AgentPlan | null, base: Tree): Promise<string[]> {
  if (plan === null || plan.steps.length === 0) return ['there is no plan with steps'];
  const ids = plan.steps.map((step) => step.id);
  const twice = ids.filter((id, n) => ids.indexOf(id) !== n).map((id) => `the step "${id}" is there twice`);
  const made = new Set(plan.steps.flatMap((step) => step.files).filter(isMarkedNew).map(plainPath));
  const found = new Map<string, string | null>();
  for (const file of new Set(plan.steps.flatMap((step) => step.files))) found.set(file, await fileFault(file, made, base));
  return [...twice, ...plan.steps.flatMap((step) => step.files.flatMap((file) => (found.get(file) ? [`step "${step.id}": ${found.get(file)}`] : [])))];
}

/** A path that an earlier or later step makes may be named again without its mark. */
async function fileFault(file: string, made: ReadonlySet<string>, base: Tree): Promise<string | null> {
  const path = plainPath(file);
  const shape = checkPath(path);
  if (!shape.ok) return shape.reason;
  if (shape.path.startsWith('/')) return `"${path}" is not in the repository`;
  const isThere = await exists(shape.path, base);
  if (isMarkedNew(file)) return isThere ? `${path} is there already, so it is not new` : null;
  return isThere || made.has(path) ? null : `there is no ${path}`;
}

async function exists(path: string, base: Tree): Promise<boolean> {
  if (await answers(() => base.list(path))) return true;
  return answers(() => base.read(path, 1, 1), ['binary', 'too_large']);
}

/** Whether a look does not fail, or fails only for what the file is like. */
async function answers(look: () => Promise<unknown>, alsoThere: readonly string[] = []): Promise<boolean> {
  try {
    await look();
    return true;
  } catch (error) {
    if (!(error instanceof WorkspaceError)) throw error;
    return alsoThere.includes(error.code);
  }
}

function isMarkedNew(file: string): boolean {
  return file.trimEnd().endsWith(NEW_FILE_MARK);
}

function plainPath(file: string): string {
  const text = file.trim();
  return (isMarkedNew(text) ? text.slice(0, -NEW_FILE_MARK.length) : text).trim().replace(/^\.\//, '').replace(/\/+$/, '');
}
