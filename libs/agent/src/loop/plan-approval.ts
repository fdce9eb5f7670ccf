import { textOf } from '@app/providers';
import type { AgentHost } from '../host';
import { MODES } from '../modes';
import type { Recorder } from './recorder';
import type { RunState } from './state';

/** Said once in the run that carries a plan out which an earlier run of the same task made. */
export const PLAN_APPROVED = 'Your plan was approved, as it stands in <approved-plan> of the first message (people may have edited it). Carry it out now, step by step, with the tools that you have now; then call submit.';

/** Whether the recorded end is what this run is for: a plan is not, once it is to be carried out. */
export function isEndOfRun({ outcome }: Pick<RunState, 'outcome'>, { task }: Pick<AgentHost, 'task'>): boolean {
  if (outcome?.kind === 'question') return true;
  if (outcome?.kind !== 'submitted') return false;
  return (outcome.submission.plan ?? null) === null || MODES[task.mode].deliverable === 'plan';
}

/** Tells the model that its plan was approved, when that is news in a conversation that exists. */
export async function tellApproval(recorder: Recorder, { task }: Pick<AgentHost, 'task'>): Promise<void> {
  const { turns, run } = recorder.state;
  const isPinned = task.materials?.some((material) => material.tag === 'approved-plan') ?? false;
  if (!isPinned || turns.length === 0 || run.steps > 0 || turns.some((turn) => textOf(turn.message) === PLAN_APPROVED)) return;
  await recorder.nudge(PLAN_APPROVED);
}
