import type { Task } from './task.entity';
import { END_STATUSES, type TaskStatus } from './task-status';

/** What is known of one candidate of a task. */
export interface Candidate {
  readonly taskId: string;
  /** From 1, in the order in which they were made. */
  readonly number: number;
  readonly status: TaskStatus;
  readonly statusReason: string | null;
  readonly verification: Task['verification'];
  /** Size of the change it hands in; null: it has none. */
  readonly patchBytes: number | null;
  readonly creditsMicro: bigint;
  readonly costNusd: bigint;
}

export interface CandidateVerdict {
  readonly candidate: Candidate;
  /** One sentence: why it was chosen, or why not. */
  readonly reason: string;
}

export interface CandidateChoice {
  /** Null: none handed in a change. */
  readonly chosen: Candidate | null;
  readonly verdicts: readonly CandidateVerdict[];
}

const CHECKS: Readonly<Record<NonNullable<Task['verification']>, number>> = { passed: 0, skipped: 1, failed: 2 };

interface Rule {
  compare(a: Candidate, b: Candidate): number;
  /** Why `other` stands behind the chosen one by this rule. */
  say(other: Candidate, chosen: Candidate): string;
}

/** In this order. The last one never ties, so that the same candidates always give the same choice. */
const RULES: readonly Rule[] = [
  { compare: (a, b) => checksOf(a) - checksOf(b), say: (other, chosen) => `its checks: ${other.verification ?? 'skipped'}; those of the chosen one: ${chosen.verification ?? 'skipped'}` },
  { compare: (a, b) => (a.patchBytes ?? 0) - (b.patchBytes ?? 0), say: (other, chosen) => `its change is larger: ${other.patchBytes} bytes against ${chosen.patchBytes}` },
  { compare: (a, b) => sign(a.creditsMicro - b.creditsMicro), say: () => 'as good as the chosen one, and took more credits' },
  { compare: (a, b) => sign(a.costNusd - b.costNusd), say: () => 'as good as the chosen one, and cost more' },
  { compare: (a, b) => a.number - b.number, say: () => 'equal to the chosen one, which comes before it' },
];

/** The best candidate: checks that pass come first, then the smaller change, then the cheaper one, then the earlier one. */
export function chooseCandidate(candidates: readonly Candidate[]): CandidateChoice {
  const [chosen = null] = candidates.filter(handedIn).sort((a, b) => ruleBetween(a, b).compare(a, b));
  return { chosen, verdicts: candidates.map((candidate) => ({ candidate, reason: reasonOf(candidate, chosen) })) };
}

/** Whether its work could be published. */
function handedIn({ status, patchBytes }: Candidate): boolean {
  return status === 'completed' && patchBytes !== null && patchBytes > 0;
}

function reasonOf(candidate: Candidate, chosen: Candidate | null): string {
  if (candidate.taskId === chosen?.taskId) return `chosen: checks ${candidate.verification ?? 'skipped'}, a change of ${candidate.patchBytes} bytes`;
  if (candidate.status === 'completed' && !handedIn(candidate)) return 'it found nothing to change';
  if (!handedIn(candidate)) return `it did not finish: ${candidate.status}${candidate.statusReason === null ? '' : ` (${candidate.statusReason})`}`;
  return chosen === null ? 'not chosen' : ruleBetween(candidate, chosen).say(candidate, chosen);
}

/** The first rule by which they differ. */
function ruleBetween(a: Candidate, b: Candidate): Rule {
  return RULES.find((rule) => rule.compare(a, b) !== 0) ?? (RULES.at(-1) as Rule);
}

function checksOf({ verification }: Candidate): number {
  return CHECKS[verification ?? 'skipped'];
}

function sign(difference: bigint): number {
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}

/** How a task ends whose candidates have all ended without a change: as they did, when they agree. */
export function endWithoutChoice(candidates: readonly Candidate[]): { to: Extract<TaskStatus, 'completed' | 'failed' | 'cancelled' | 'timed_out'>; reason: string; message: string | null } {
  if (candidates.some(({ status }) => status === 'completed')) return { to: 'completed', reason: 'no_changes', message: null };
  const [first] = candidates;
  const agree = first !== undefined && candidates.every(({ status, statusReason }) => status === first.status && statusReason === first.statusReason);
  const said = candidates.map(({ number, status, statusReason }) => `${number}: ${status}${statusReason === null ? '' : ` (${statusReason})`}`).join(', ');
  const message = `No candidate handed in a change. ${said}`;
  if (agree && first.status !== 'failed') return { to: first.status as 'cancelled' | 'timed_out', reason: first.statusReason ?? 'user_request', message: null };
  return { to: 'failed', reason: (agree ? first.statusReason : null) ?? 'incomplete', message };
}

const HELD: readonly TaskStatus[] = ['paused', 'waiting_for_user', 'waiting_for_approval'];

/** A candidate that waits for a person. */
export function isHeld({ status }: Pick<Candidate, 'status'>): boolean {
  return HELD.includes(status);
}

/** A candidate that works, or will without anybody's help. */
export function isAtWork({ status }: Pick<Candidate, 'status'>): boolean {
  return !HELD.includes(status) && !(END_STATUSES as readonly TaskStatus[]).includes(status);
}
