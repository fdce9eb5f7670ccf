import type { Clock } from '@app/common';
import type { CheckRun, Verification } from '../journal';
import { printable } from '../text/printable';
import { tailOf } from '../text/shorten';
import type { Tree, Workspace } from '../workspace';
import type { Check, CheckPlan } from './discover';

const CHECK_TIMEOUT_MS = 600_000;
const LEAST_TIMEOUT_MS = 30_000;
const MAX_OUTPUT_BYTES = 256 * 1024;
const TAIL_CHARACTERS = 4_000;

export interface VerifierContext {
  readonly workspace: Workspace;
  readonly clock: Clock;
  /** Milliseconds since 1970; a check still gets a little time when it has passed. */
  readonly deadline: number;
  readonly signal: AbortSignal;
  readonly secrets: readonly string[];
}

/** Runs the checks of a plan; the platform's judgement, never the model's. */
export class Verifier {
  constructor(private readonly context: VerifierContext) {}

  /** Every check on the tree as it was before the work. */
  async onBase(plan: CheckPlan): Promise<Verification> {
    if (plan.checks.length === 0) return nothingToRun(plan);
    const checks: CheckRun[] = [];
    for (const check of plan.checks) checks.push(await this.run(check, 'base', this.context.workspace.base));
    return { status: checks.every((check) => check.status === 'passed') ? 'passed' : 'failed', checks, source: plan.source, note: null };
  }

  /** Every check on the result. What fails there and on the base as well was failing before and does not count against the work. */
  async onHead(plan: CheckPlan, baseline: Verification | null, note: string | null): Promise<Verification> {
    if (plan.checks.length === 0) return nothingToRun(plan);
    const checks: CheckRun[] = [];
    for (const check of plan.checks) {
      const head = await this.run(check, 'head', this.context.workspace);
      const known = baseline?.checks.find((run) => run.command === check.command && run.phase === 'base');
      const base = known ?? (head.status === 'passed' ? undefined : await this.run(check, 'base', this.context.workspace.base));
      if (base !== undefined) checks.push(base);
      checks.push({ ...head, alreadyFailing: head.status !== 'passed' && base !== undefined && base.status !== 'passed' });
    }
    const isFailed = checks.some((check) => check.phase === 'head' && check.status !== 'passed' && !check.alreadyFailing);
    return { status: isFailed ? 'failed' : 'passed', checks, source: plan.source, note };
  }

  /** One command on a tree, to its end. */
  async run({ name, command }: Check, phase: CheckRun['phase'], tree: Tree): Promise<CheckRun> {
    const { clock, deadline, signal, secrets } = this.context;
    const left = Math.max(LEAST_TIMEOUT_MS, deadline - clock.now().getTime());
    const result = await tree.exec(command, { timeoutMs: Math.min(CHECK_TIMEOUT_MS, left), maxOutputBytes: MAX_OUTPUT_BYTES }, signal);
    const passed = result.exitCode === 0 && result.killed === null;
    const status = passed ? 'passed' : result.killed === 'timeout' ? 'timed_out' : 'failed';
    const outputTail = tailOf(printable(result.output, secrets).trimEnd(), TAIL_CHARACTERS);
    return { name, command, phase, exitCode: result.exitCode, durationMs: Math.round(result.durationMs), status, alreadyFailing: false, outputTail };
  }
}

/** What the checks gave, with runs that a mode asked for besides. */
export function withRuns(found: Verification, others: readonly CheckRun[]): Verification {
  if (others.length === 0) return found;
  const isFailed = others.some((run) => run.phase === 'head' && run.status !== 'passed' && !run.alreadyFailing);
  return { ...found, status: isFailed ? 'failed' : found.status === 'skipped' ? 'passed' : found.status, note: found.checks.length === 0 ? null : found.note, checks: [...others, ...found.checks] };
}

/** The plan that a recorded baseline was made by. */
export function planOf(baseline: Verification): CheckPlan {
  return { source: baseline.source, checks: baseline.checks.filter((check) => check.phase === 'base').map(({ name, command }) => ({ name, command })) };
}

function nothingToRun(plan: CheckPlan): Verification {
  return { status: 'skipped', checks: [], source: plan.source, note: 'No check command is set, and none was found in the repository.' };
}
