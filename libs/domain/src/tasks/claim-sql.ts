import { planInForce } from '../billing/plan-in-force';

// Statements of a claim. `$1` is the attempt.

/**
 * Whose attempt it is, and how many tasks its organization may run at once: by the plan of the live subscription, else by the free plan.
 * NULL is unlimited. No row: taken, ended or not yet due.
 */
export const CLAIM_CONTEXT = `
SELECT t.id AS task_id, t.organization_id, t.status_reason, p.max_concurrent_tasks
  FROM task_attempts a JOIN tasks t ON t.id = a.task_id
  LEFT JOIN subscription_plans p ON p.id = ${planInForce('t.organization_id')}
 WHERE a.id = $1 AND a.status = 'queued' AND a.available_at <= now()`;

/** A task that waits for its candidates takes no place: they do. */
export const RUNNING_IN_ORGANIZATION = `
SELECT count(*)::integer AS running FROM tasks
 WHERE organization_id = $1 AND status IN ('provisioning','in_progress','publishing') AND status_reason IS DISTINCT FROM 'candidates'`;

/** Compare-and-set of attempt and task in one statement; `$2` worker, `$3` seconds of lease. `moved` is false when the task was not queued. */
export const CLAIM = `
WITH a AS (
  UPDATE task_attempts SET status = 'running', fence = fence + 1, worker_id = $2, heartbeat_at = now(), lease_expires_at = now() + make_interval(secs => $3),
         started_at = coalesce(started_at, now())
   WHERE id = $1 AND status = 'queued' AND available_at <= now()
  RETURNING id, task_id, fence, number, cause, stage, base_sha, head_sha, workspace_ref, ai_model_id, api_key_id, checkpoint, available_at),
t AS (
  UPDATE tasks SET status = 'provisioning', status_reason = NULL, started_at = coalesce(tasks.started_at, now()),
         deadline_at = coalesce(tasks.deadline_at, now() + make_interval(secs => (tasks.options ->> 'timeoutSeconds')::integer))
    FROM a WHERE tasks.id = a.task_id AND tasks.status = 'queued'
  RETURNING tasks.organization_id, tasks.deadline_at, tasks.traceparent)
SELECT a.id AS attempt_id, a.task_id, a.fence, a.number, a.cause, a.stage, a.base_sha, a.head_sha, a.workspace_ref, a.ai_model_id, a.api_key_id, a.checkpoint,
       t.organization_id, t.deadline_at, t.traceparent, extract(epoch FROM now() - a.available_at)::float8 AS waited_seconds, t.organization_id IS NOT NULL AS moved
  FROM a LEFT JOIN t ON true`;

/**
 * Another process goes on with an attempt that was claimed for it: `$2` is the fence it was told, `$3` the worker, `$4` seconds of lease. The next
 * fence keeps the claimer's writes off; a second adoption under the same fence finds nothing.
 */
export const ADOPT = `
UPDATE task_attempts a SET fence = a.fence + 1, worker_id = $3, heartbeat_at = now(), lease_expires_at = now() + make_interval(secs => $4)
  FROM tasks t
 WHERE a.id = $1 AND a.fence = $2 AND a.status = 'running' AND a.lease_expires_at > now() AND t.id = a.task_id
RETURNING a.id AS attempt_id, a.task_id, a.fence, a.number, a.cause, a.stage, a.base_sha, a.head_sha, a.workspace_ref, a.ai_model_id, a.api_key_id, a.checkpoint,
          t.organization_id, t.deadline_at, t.traceparent, 0::float8 AS waited_seconds`;
