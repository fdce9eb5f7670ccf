import { planInForce } from '../billing/plan-in-force';

// The order in which waiting tasks get a worker. Organizations take turns by how many tasks they run; within one, urgency and then time decide.

/** Smaller is sooner. The expression of the index `tasks_queue_idx`. */
export function urgencyRank(task: string): string {
  return `(CASE ${task}.priority WHEN 'high' THEN 0 WHEN 'medium' THEN 1 ELSE 2 END)`;
}

/** Place among the waiting tasks of an organization, as a row that can be compared; together with its status and organization it is answered by the index. */
export function queueRank(task: string): string {
  return `(${urgencyRank(task)}, ${task}.queued_at, ${task}.id)`;
}

/**
 * FROM-item: place and likely start of the waiting task `t` with its attempt `a`. One that waits for its plan's limit is reckoned with: the
 * tasks that run now and how long the last ones took. The time is null where nothing is known, or a worker may take it at any moment.
 */
export const QUEUE_PLACE = `LATERAL (
    SELECT w.position, CASE WHEN s.starts_at > now() THEN s.starts_at END AS starts_at
      FROM (SELECT count(*)::integer + 1 AS position
              FROM (SELECT 1 FROM tasks y WHERE t.status = 'queued' AND y.organization_id = t.organization_id AND y.status = 'queued' AND ${queueRank('y')} < ${queueRank('t')} LIMIT 1000) ahead) w,
           LATERAL (SELECT count(*)::integer AS running, min(y.started_at) AS since FROM tasks y
                     WHERE t.status_reason = 'concurrency_limit' AND y.organization_id = t.organization_id AND y.status IN ('provisioning','in_progress','publishing')) r,
           LATERAL (SELECT avg(n.execution_time_ms)::float8 AS ms
                      FROM (SELECT y.id FROM tasks y WHERE r.running > 0 AND y.organization_id = t.organization_id AND y.status = 'completed' ORDER BY y.created_at DESC, y.id DESC LIMIT 20) done
                      JOIN task_analytics n ON n.task_id = done.id) d,
           LATERAL (SELECT greatest(a.available_at, r.since + make_interval(secs => d.ms / 1000 * ceil(w.position::float8 / greatest(r.running, 1)))) AS starts_at) s
     WHERE t.status = 'queued' AND a.status = 'queued')`;

/**
 * The attempt that a free worker should take: of the organization that runs least for its weight and is not at its plan's limit; of those, the one
 * that has waited longest. `$1`: organizations that are left out. Looks at the first waiting task of each organization only.
 */
export const FAIREST = `
WITH RECURSIVE waiting AS (
  (SELECT organization_id FROM tasks WHERE status = 'queued' ORDER BY organization_id LIMIT 1)
  UNION ALL
  SELECT (SELECT n.organization_id FROM tasks n WHERE n.status = 'queued' AND n.organization_id > w.organization_id ORDER BY n.organization_id LIMIT 1) FROM waiting w WHERE w.organization_id IS NOT NULL)
SELECT f.attempt_id, w.organization_id
  FROM waiting w
  JOIN LATERAL (SELECT count(*)::integer AS running FROM tasks y
                 WHERE y.organization_id = w.organization_id AND y.status IN ('provisioning','in_progress','publishing') AND y.status_reason IS DISTINCT FROM 'candidates') r ON true
  LEFT JOIN subscription_plans p ON p.id = ${planInForce('w.organization_id')}
  JOIN LATERAL (SELECT a.id AS attempt_id, t.queued_at FROM tasks t JOIN task_attempts a ON a.task_id = t.id AND a.status = 'queued' AND a.available_at <= now()
                 WHERE t.organization_id = w.organization_id AND t.status = 'queued' ORDER BY ${urgencyRank('t')}, t.queued_at, t.id LIMIT 1) f ON true
 WHERE w.organization_id IS NOT NULL AND w.organization_id <> ALL ($1::uuid[]) AND (p.max_concurrent_tasks IS NULL OR r.running < p.max_concurrent_tasks)
 ORDER BY r.running::float8 / coalesce(p.queue_weight, 1), f.queued_at, f.attempt_id LIMIT 1`;
