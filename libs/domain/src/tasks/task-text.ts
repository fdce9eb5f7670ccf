// The two hot reads of tasks as text: PostgreSQL writes the JSON of what `taskSummaryJson` shows, and times stay as it prints them. A test
// compares each with the ordinary path, so a field added there and not here fails.
import { jsonDecimal, jsonMembersOnly, jsonNumber, jsonNumberOrNull, jsonObject, jsonText, jsonTextOrNull, jsonTimeOrNull, jsonUnless, jsonWord, jsonWordOrNull } from './json-sql';
import { TASK_SOURCES } from './task-view';
import type { TextRow } from '../named-sql';

/** A task as PostgreSQL wrote it. */
export interface TaskText {
  readonly id: string;
  /** Members of the JSON object, without braces, `id` and times. */
  readonly members: string;
  /** By `TASK_TIMES`: as PostgreSQL prints them, to the microsecond. */
  readonly times: TextRow;
}

/** With what only a task by itself shows. */
export interface TaskDetailsText extends TaskText {
  readonly rowVersion: string;
  readonly lastEventSeq: string;
  /** JSON of the options that were given. */
  readonly options: string;
}

/** Field and column of a task's times. */
const TIME_COLUMNS = {
  createdAt: 't.created_at', updatedAt: 't.updated_at', queuedAt: 't.queued_at', startedAt: 't.started_at', completedAt: 't.completed_at', deadlineAt: 't.deadline_at',
  scheduledAt: 't.scheduled_at', cancelRequestedAt: 't.cancel_requested_at', pauseRequestedAt: 't.pause_requested_at', archivedAt: 't.archived_at',
} as const;

export const TASK_TIMES = Object.keys(TIME_COLUMNS) as readonly (keyof typeof TIME_COLUMNS)[];

const CREDIT = '1000000';
const USD = '1000000000';

const SUMMARY = {
  mode: jsonWord('t.mode'),
  title: jsonText('t.title'),
  description: jsonTextOrNull('t.description'),
  status: jsonWord('t.status'),
  statusReason: jsonWordOrNull('t.status_reason'),
  progress: jsonNumber('t.progress'),
  priority: jsonWord('t.priority'),
  repository: jsonObject({ id: jsonWord('t.repository_id'), fullName: jsonText('r.full_name') }),
  model: jsonUnless('m.id IS NULL', jsonObject({ id: jsonWord('m.id'), name: jsonText('m.name') })),
  requestedModel: jsonText('t.requested_model'),
  branch: jsonText('t.branch'),
  baseSha: jsonWordOrNull('t.base_sha'),
  targetBranch: jsonText('t.target_branch'),
  workBranch: jsonTextOrNull('t.work_branch'),
  sourcePullRequestNumber: jsonNumberOrNull('spr.pr_number'),
  pullRequest: jsonUnless('pr.id IS NULL', jsonObject({ id: jsonWord('pr.id'), number: jsonNumber('pr.pr_number'), url: jsonText('pr.url'), status: jsonWord('pr.status') })),
  // The rows are written with these fields and no others.
  verification: jsonUnless('t.verification IS NULL', jsonObject({ status: jsonWord('t.verification'), checks: `coalesce(v.checks::text, '[]')` })),
  planStatus: jsonWordOrNull('t.plan_status'),
  attempt: jsonUnless('a.number IS NULL', jsonObject({ number: jsonNumber('a.number'), status: jsonWord('a.status'), stage: jsonWord('a.stage'), startedAt: jsonTimeOrNull('a.started_at') })),
  attemptCount: jsonNumber('t.attempt_count'),
  maxAttempts: jsonNumber('t.max_attempts'),
  queue: jsonUnless('q.position IS NULL', jsonObject({ position: jsonNumber('q.position'), estimatedStartAt: jsonTimeOrNull('q.starts_at') })),
  source: jsonWord('t.source'),
  sourceIssueNumber: jsonNumberOrNull('t.source_issue_number'),
  parentTaskId: jsonWordOrNull('t.parent_task_id'),
  forkedFromTaskId: jsonWordOrNull('t.forked_from_task_id'),
  candidates: jsonNumberOrNull('t.candidates'),
  chosenTaskId: jsonWordOrNull('t.chosen_task_id'),
  estimatedCredits: jsonUnless('t.estimated_credits_micro IS NULL', `${jsonDecimal('t.estimated_credits_micro', CREDIT)}::text`),
  maxCredits: jsonUnless('t.max_credits_micro IS NULL', `${jsonDecimal('t.max_credits_micro', CREDIT)}::text`),
  credits: jsonObject({
    used: jsonDecimal('k.credits_used_micro', CREDIT), held: jsonDecimal('k.credits_held_micro', CREDIT), usedMicros: jsonNumber('k.credits_used_micro'), heldMicros: jsonNumber('k.credits_held_micro'),
  }),
  usage: jsonObject({
    modelCalls: jsonNumber('k.model_calls'), inputTokens: jsonNumber('k.input_tokens'), cacheReadTokens: jsonNumber('k.cache_read_tokens'), cacheWriteTokens: jsonNumber('k.cache_write_tokens'),
    outputTokens: jsonNumber('k.output_tokens'), reasoningTokens: jsonNumber('k.reasoning_tokens'), costUsd: jsonWord(jsonDecimal('k.cost_nusd', USD)),
  }),
  error: jsonUnless('t.error_code IS NULL', jsonObject({ code: jsonText('t.error_code'), message: jsonText(`coalesce(t.error_message, '')`) })),
  tags: jsonText('t.tags'),
  callbackUrl: jsonTextOrNull('w.url'),
  createdBy: jsonObject({ id: jsonWord('t.user_id'), username: jsonText('u.username') }),
};

const TIMES = Object.values(TIME_COLUMNS).join(', ');

/** Columns: id, members, times. */
export const SELECT_TASK_TEXT = `SELECT t.id, ${jsonMembersOnly(SUMMARY)}, ${TIMES} ${TASK_SOURCES}`;

/** The same of a task by itself, then row version, last event's number, options. */
export const TASK_DETAILS_TEXT_COLUMNS = `t.id, ${jsonMembersOnly({ ...SUMMARY, prompt: jsonText('t.prompt'), metadata: 't.metadata' })}, ${TIMES}, t.row_version, k.last_event_seq, t.options`;

export const SELECT_TASK_DETAILS_TEXT = `SELECT ${TASK_DETAILS_TEXT_COLUMNS} ${TASK_SOURCES}`;

const FIRST_TIME = 2;
const AFTER_TIMES = FIRST_TIME + TASK_TIMES.length;
/** How many columns `taskDetailsText` reads. */
export const TASK_DETAILS_TEXT_WIDTH = AFTER_TIMES + 3;

export function taskText(row: TextRow): TaskText {
  return { id: row[0] as string, members: row[1] as string, times: row.slice(FIRST_TIME, AFTER_TIMES) };
}

export function taskDetailsText(row: TextRow): TaskDetailsText {
  return { ...taskText(row), rowVersion: row[AFTER_TIMES] as string, lastEventSeq: row[AFTER_TIMES + 1] as string, options: row[AFTER_TIMES + 2] as string };
}
