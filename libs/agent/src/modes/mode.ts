import type { AgentOutcome, CheckRun, Submission, Verification } from '../journal';
import type { ToolName } from '../tools/tool-name';
import type { TaskFacts } from '../task';
import type { Check } from '../verify/discover';
import type { Tree, Workspace } from '../workspace';

/** Why a submission was given back; counted, because each may happen only so often. */
export const REFUSAL_CODES = ['no_changes', 'checks_failed', 'citations', 'diagnosis', 'regression', 'leftovers', 'code_changed', 'plan', 'contradictions'] as const;
export type RefusalCode = (typeof REFUSAL_CODES)[number];

/** What a mode's acceptance may look at. */
export interface AcceptContext {
  readonly task: TaskFacts;
  readonly workspace: Workspace;
  /** What the checks gave on the base tree; null in modes that run none. */
  readonly baseline: Verification | null;
  /** How often this work was given back for that reason. */
  refusals(code: RefusalCode): number;
  /** Runs the checks on the tree as it is now and records the result, together with other runs that the mode asked for. */
  verify(others?: readonly CheckRun[]): Promise<Verification>;
  /** Runs one command of the platform's on a tree; nothing is recorded. */
  run(check: Check, phase: CheckRun['phase'], tree: Tree): Promise<CheckRun>;
}

/** What becomes of a submission: the end of the work, or back to the model with a reason it can act on. */
export type Acceptance = { readonly accepted: true; readonly outcome: AgentOutcome } | { readonly accepted: false; readonly code: RefusalCode; readonly reason: string };

/** What kind of work is done, as data: what the model is told, what it may do, and what must be delivered. */
export interface Mode {
  readonly slug: string;
  /** The model's role; the same text in every run, so that prompts stay in the vendors' caches. */
  readonly role: string;
  readonly tools: readonly ToolName[];
  /** Globs of what may be written; none: nothing. */
  readonly writablePaths: readonly string[];
  readonly effort: 'low' | 'medium' | 'high';
  readonly limits: { readonly steps: number; readonly minutes: number };
  readonly deliverable: 'pull_request' | 'answer' | 'plan' | 'review' | 'report';
  /** Whether the platform runs the repository's checks, before the work and after. */
  readonly runsChecks: boolean;
  /** Whether a text without `submit` is taken as the work, after one reminder. */
  readonly takesTextAsAnswer: boolean;
  /** Enforces what the mode must deliver. */
  accept(submission: Submission, context: AcceptContext): Promise<Acceptance>;
}

/** The end of work that does not deliver what its mode must. */
export function notDelivered(message: string, code: 'incomplete' | 'verification_failed' = 'incomplete'): Acceptance {
  return { accepted: true, outcome: { kind: 'failed', code, message } };
}

/** Verification of work that has no checks. */
export const NOT_VERIFIED: Verification = { status: 'skipped', checks: [], source: 'none', note: null };
