// A row as an object becomes the answer's body, as a hand would write it.
/** Of the product, so that they cannot drift apart. */
const DEFAULT_OPTIONS = JSON.parse(process.env.BENCH_OPTIONS ?? '{}');

const credits = (micros) => (micros === null ? null : Number(micros) / 1_000_000);

function usd(nano) {
  const digits = String(nano).padStart(10, '0');
  const fraction = digits.slice(-9).replace(/0+$/, '');
  return digits.slice(0, -9) + (fraction ? `.${fraction}` : '');
}

export function summaryOf(r) {
  const self = `/api/v1/tasks/${r.id}`;
  return {
    id: r.id, mode: r.mode, title: r.title, description: r.description, status: r.status, statusReason: r.status_reason, progress: r.progress, priority: r.priority,
    repository: { id: r.repository_id, fullName: r.repository_full_name },
    model: r.ai_model_id === null ? null : { id: r.ai_model_id, name: r.model_name },
    requestedModel: r.requested_model, branch: r.branch, baseSha: r.base_sha, targetBranch: r.target_branch, workBranch: r.work_branch, sourcePullRequestNumber: r.source_pull_request_number,
    pullRequest: r.pull_request_id === null ? null : { id: r.pull_request_id, number: r.pull_request_number, url: r.pull_request_url, status: r.pull_request_status },
    verification: r.verification === null ? null : { status: r.verification, checks: r.checks ?? [] },
    planStatus: r.plan_status,
    attempt: r.attempt_number === null ? null : { number: r.attempt_number, status: r.attempt_status, stage: r.attempt_stage, startedAt: r.attempt_started_at },
    attemptCount: r.attempt_count, maxAttempts: r.max_attempts,
    queue: r.queue_position === null ? null : { position: r.queue_position, estimatedStartAt: r.queue_available_at },
    source: r.source, sourceIssueNumber: r.source_issue_number, parentTaskId: r.parent_task_id, forkedFromTaskId: r.forked_from_task_id, candidates: r.candidates, chosenTaskId: r.chosen_task_id,
    scheduledAt: r.scheduled_at, deadlineAt: r.deadline_at, estimatedCredits: credits(r.estimated_credits_micro), maxCredits: credits(r.max_credits_micro),
    credits: { used: credits(r.credits_used_micro), held: credits(r.credits_held_micro), usedMicros: Number(r.credits_used_micro), heldMicros: Number(r.credits_held_micro) },
    usage: {
      modelCalls: r.model_calls, inputTokens: Number(r.input_tokens), cacheReadTokens: Number(r.cache_read_tokens), cacheWriteTokens: Number(r.cache_write_tokens),
      outputTokens: Number(r.output_tokens), reasoningTokens: Number(r.reasoning_tokens), costUsd: usd(r.cost_nusd),
    },
    error: r.error_code === null ? null : { code: r.error_code, message: r.error_message ?? '' },
    tags: r.tags, callbackUrl: r.callback_url, createdBy: { id: r.user_id, username: r.created_by_username },
    cancelRequestedAt: r.cancel_requested_at, pauseRequestedAt: r.pause_requested_at, archivedAt: r.archived_at, createdAt: r.created_at, updatedAt: r.updated_at,
    queuedAt: r.queued_at, startedAt: r.started_at, completedAt: r.completed_at,
    links: { self, events: `${self}/events`, logs: `${self}/logs`, results: `${self}/results` },
  };
}

export function taskOf(row) {
  return { ...summaryOf(row), prompt: row.prompt, options: { ...DEFAULT_OPTIONS, ...row.options }, metadata: row.metadata };
}

/** The text that the API's statement gives, completed. */
export function textOf(task) {
  const self = `/api/v1/tasks/${task.id}`;
  const options = JSON.stringify({ ...DEFAULT_OPTIONS, ...JSON.parse(task.options) });
  const times = TIMES.map((name, index) => `"${name}":${timeOf(task.times[index])}`).join(',');
  return `{"id":"${task.id}",${task.members},${times},"links":{"self":"${self}","events":"${self}/events","logs":"${self}/logs","results":"${self}/results"},"options":${options}}`;
}

const TIMES = ['createdAt', 'updatedAt', 'queuedAt', 'startedAt', 'completedAt', 'deadlineAt', 'scheduledAt', 'cancelRequestedAt', 'pauseRequestedAt', 'archivedAt'];

function timeOf(text) {
  if (text === null) return 'null';
  const fraction = text.charAt(19) === '.' ? text.slice(20, -3).slice(0, 3).padEnd(3, '0') : '000';
  return `"${text.slice(0, 10)}T${text.slice(11, 19)}.${fraction}Z"`;
}

/** No MAC: only the API's cursors are protected. */
export function pageOf(rows, limit) {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  const nextCursor = rows.length > limit ? Buffer.from(JSON.stringify(['c1', last.page_sort, last.id])).toString('base64url') : null;
  return { data: shown.map(summaryOf), nextCursor };
}
