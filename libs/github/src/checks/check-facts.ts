/** How a check stands. `waiting`: somebody has to let it run first, or asks for an action; it neither runs nor fails. */
export type CheckState = 'passed' | 'failed' | 'pending' | 'waiting' | 'skipped';

/** A check of a commit: a check run, a commit status, or a suite that has not been let run. */
export interface CheckFacts {
  readonly kind: 'check_run' | 'status' | 'check_suite';
  /** GitHub's id; of its own space for each kind. */
  readonly id: string;
  readonly name: string;
  readonly state: CheckState;
  /** As GitHub says it: `success`, `timed_out`, `action_required`, `queued` … */
  readonly conclusion: string;
  /** GitHub's id of the App that reports it; null: a status. */
  readonly appId: string | null;
  readonly url: string | null;
  readonly startedAt: Date | null;
  readonly completedAt: Date | null;
}

/** All checks of a commit, each the newest of its name. */
export interface CommitChecks {
  readonly sha: string;
  readonly checks: readonly CheckFacts[];
  /** What could not be read, so that nothing is said of it. */
  readonly unread: readonly ('check runs' | 'statuses')[];
}

export interface CheckCounts {
  readonly total: number;
  readonly passed: number;
  readonly failed: number;
  readonly pending: number;
  readonly waiting: number;
}

export type CiState = 'none' | 'passed' | 'pending' | 'waiting' | 'failed' | 'unknown';

/** Where a commit stands: one failed check is enough for `failed`; what waits comes before what still runs, because it does not move by itself. */
export function ciState({ checks, unread }: CommitChecks): CiState {
  const counts = checkCounts(checks);
  if (counts.failed > 0) return 'failed';
  if (counts.waiting > 0) return 'waiting';
  if (counts.pending > 0) return 'pending';
  if (unread.length > 0) return 'unknown';
  return counts.total === 0 ? 'none' : 'passed';
}

/** What is skipped is not counted as passed. */
export function checkCounts(checks: readonly CheckFacts[]): CheckCounts {
  const count = (state: CheckState): number => checks.filter((check) => check.state === state).length;
  return { total: checks.length, passed: count('passed'), failed: count('failed'), pending: count('pending'), waiting: count('waiting') };
}

export interface RawCheckRun {
  readonly id: number | bigint;
  readonly name: string;
  readonly status: string;
  readonly conclusion: string | null;
  readonly html_url: string | null;
  readonly details_url?: string | null;
  readonly started_at: string | null;
  readonly completed_at: string | null;
  readonly external_id?: string | null;
  readonly app?: { readonly id: number | bigint } | null;
}

export interface RawCheckSuite {
  readonly id: number | bigint;
  readonly status: string | null;
  readonly conclusion: string | null;
  readonly latest_check_runs_count: number;
  readonly created_at: string | null;
  readonly updated_at: string | null;
  readonly app: { readonly id: number | bigint; readonly name?: string } | null;
}

export interface RawStatus {
  readonly id: number | bigint;
  readonly context: string;
  readonly state: string;
  readonly target_url: string | null;
  readonly created_at: string;
  readonly updated_at: string;
}

export function factsOfRun(raw: RawCheckRun): CheckFacts {
  return {
    kind: 'check_run', id: String(raw.id), name: raw.name, state: stateOf(raw.status, raw.conclusion), conclusion: raw.conclusion ?? raw.status, appId: raw.app ? String(raw.app.id) : null,
    url: raw.html_url ?? raw.details_url ?? null, startedAt: timeOf(raw.started_at), completedAt: timeOf(raw.completed_at),
  };
}

/** Only a suite without runs says something by itself: that it was not let run yet. */
export function factsOfSuite(raw: RawCheckSuite): CheckFacts | null {
  const state = stateOf(raw.status ?? 'queued', raw.conclusion);
  if (raw.latest_check_runs_count > 0 || state !== 'waiting') return null;
  return {
    kind: 'check_suite', id: String(raw.id), name: raw.app?.name ?? 'check suite', state, conclusion: raw.conclusion ?? raw.status ?? 'queued', appId: raw.app ? String(raw.app.id) : null, url: null,
    startedAt: timeOf(raw.created_at), completedAt: null,
  };
}

export function factsOfStatus(raw: RawStatus): CheckFacts {
  return {
    kind: 'status', id: String(raw.id), name: raw.context, state: raw.state === 'success' ? 'passed' : raw.state === 'pending' ? 'pending' : 'failed', conclusion: raw.state, appId: null, url: raw.target_url,
    startedAt: timeOf(raw.created_at), completedAt: timeOf(raw.updated_at),
  };
}

const OF_CONCLUSION: Readonly<Record<string, CheckState>> = {
  success: 'passed', neutral: 'passed', skipped: 'skipped', stale: 'skipped', action_required: 'waiting', failure: 'failed', cancelled: 'failed', timed_out: 'failed', startup_failure: 'failed',
};

function stateOf(status: string, conclusion: string | null): CheckState {
  if (conclusion !== null) return OF_CONCLUSION[conclusion] ?? 'failed';
  return status === 'waiting' ? 'waiting' : 'pending';
}

function timeOf(text: string | null | undefined): Date | null {
  return text ? new Date(text) : null;
}

export { stateOf as checkStateOf };
