// A platform with a past, made by SQL alone: as many tasks as asked for, spread over a year, and ten times as many events.

/** Anything that runs SQL. */
export interface Sql {
  query(sql: string): Promise<unknown>;
}

export interface RowsWanted {
  readonly tasks: number;
  /** Events a task, on average; the logs are half as many. */
  readonly eventsEach: number;
}

const MONTHS_BACK = 12;
/** Rows of one INSERT, so that no single statement needs all memory. */
const SLICE = 100_000;

/** An id as the application makes them at a time, different for each number. */
const idAt = (at: string, salt: string) => `(left(first_id_at(${at})::text, 14) || '7' || substr(md5(${salt}), 1, 3) || '-8' || substr(md5(${salt}), 4, 3) || '-' || substr(md5(${salt}), 7, 12))::uuid`;

/** As the sweeper would have made them, month by month: the first migration of a young database puts all that is old into one. */
const PAST_PARTITIONS = `
DO $$ DECLARE m timestamptz; e timestamptz; BEGIN
  ALTER TABLE task_events DETACH PARTITION task_events_history;
  FOR i IN 0..${MONTHS_BACK} LOOP
    m := date_trunc('month', now(), 'UTC') - make_interval(months => i);
    e := ((m AT TIME ZONE 'UTC') + interval '1 month') AT TIME ZONE 'UTC';
    EXECUTE format('CREATE TABLE %I PARTITION OF task_events FOR VALUES FROM (%L) TO (%L)', 'task_events_' || to_char(m, 'YYYY_MM'), first_id_at(m), first_id_at(e));
    IF i > 0 THEN EXECUTE format('CREATE TABLE %I PARTITION OF task_logs FOR VALUES FROM (%L) TO (%L)', 'task_logs_' || to_char(m, 'YYYY_MM'), m, e); END IF;
  END LOOP;
  DROP TABLE task_events_history;
  PERFORM ensure_task_event_partitions(3);
END $$`;

/** One organization has a tenth of everything, the others share the rest. */
const PEOPLE = (tasks: number) => {
  const organizations = Math.max(40, Math.round(tasks / 1_000));
  return `
CREATE TABLE scale_org AS SELECT n, ${idAt(`now() - interval '400 days'`, `'user' || n`)} AS user_id, ${idAt(`now() - interval '400 days'`, `'org' || n`)} AS org_id, ${idAt(`now() - interval '400 days'`, `'repo' || n`)} AS repo_id FROM generate_series(0, ${organizations - 1}) n;
INSERT INTO users (id, email, username) SELECT user_id, 'p' || n || '@example.com', 'person-' || n FROM scale_org;
INSERT INTO organizations (id, kind, name, slug, owner_user_id) SELECT org_id, 'team', 'Org ' || n, 'org-' || n, user_id FROM scale_org;
UPDATE users u SET default_organization_id = w.org_id FROM scale_org w WHERE w.user_id = u.id;
INSERT INTO organization_members (organization_id, user_id, role) SELECT org_id, user_id, 'owner' FROM scale_org;
INSERT INTO subscription_plans (id, name, display_name, tier, price_minor, billing_interval, credits_included_micro, max_concurrent_tasks) SELECT ${idAt('now()', `'plan'`)}, 'scale', 'Scale', 'pro', 100, 'month', 1000000000, 50;
INSERT INTO subscriptions (id, organization_id, plan_id, status, current_period_start, current_period_end)
  SELECT ${idAt('now()', `'subscription' || n`)}, org_id, p.id, 'active', now() - interval '1 day', now() + interval '29 days' FROM scale_org, subscription_plans p WHERE p.name = 'scale';
INSERT INTO credit_accounts (organization_id, available_micro, held_micro, lifetime_granted_micro, last_seq) SELECT org_id, 1000000000000, 0, 1000000000000, 1000000000 FROM scale_org;
INSERT INTO repositories (id, organization_id, provider, github_id, name, full_name, url, clone_url)
  SELECT repo_id, org_id, 'github', n + 1, 'service-' || n, 'acme/service-' || n, 'https://github.com/acme/service-' || n, 'https://github.com/acme/service-' || n || '.git' FROM scale_org;
INSERT INTO credit_grants (id, organization_id, source, category, amount_micro, remaining_micro, priority, effective_at, expires_at)
  SELECT ${idAt('now()', `n || 'lot' || k`)}, org_id, 'bonus', 'promotional', 50000000000, CASE WHEN k < 20 THEN 0 ELSE 50000000000 END, 50, now() - make_interval(days => 400 - k), now() + make_interval(days => k) FROM scale_org, generate_series(0, 39) k;
INSERT INTO webhook_endpoints (id, organization_id, url, events, secret_enc, secret_last4) SELECT ${idAt('now()', `'endpoint' || n`)}, org_id, 'https://example.com/hook', ARRAY['*'], '\\x00', 'abcd' FROM scale_org;
ANALYZE scale_org;`;
};

const JOBS = (tasks: number) => `
CREATE UNLOGGED TABLE scale_job AS
SELECT j.*, w.user_id, w.org_id, w.repo_id, m.id AS model_id, ${idAt('j.at', `'task' || j.n`)} AS task_id, ${idAt('j.at', `'attempt' || j.n`)} AS attempt_id
  FROM (SELECT n, CASE WHEN n % 10 = 0 THEN 0 ELSE n % (SELECT count(*) FROM scale_org) END AS org_n, now() - interval '360 days' * (1 - n / ${tasks}.0) AS at,
               CASE WHEN n <= ${Math.round(tasks * 0.99)} THEN CASE WHEN n % 20 < 17 THEN 'completed' WHEN n % 20 < 19 THEN 'failed' ELSE 'cancelled' END
                    ELSE (ARRAY['queued','queued','queued','in_progress','waiting_for_user','waiting_for_user','paused','scheduled','draft','completed'])[1 + n / 10 % 10] END AS status
          FROM generate_series(1, ${tasks}) n) j
  JOIN scale_org w ON w.n = j.org_n
  CROSS JOIN (SELECT id FROM ai_models ORDER BY sort_order LIMIT 1) m;
CREATE INDEX ON scale_job (n);
ANALYZE scale_job;`;

/** Webhooks are kept for 30 days. */
const LATELY = `now() - 33 * (now() - at) / 360`;

const ENDED = `j.status IN ('completed','failed','cancelled')`;

/** One slice of tasks with all that hangs on them. */
const TASKS = (of: string) => `
INSERT INTO tasks (id, organization_id, user_id, repository_id, ai_model_id, mode, title, prompt, priority, branch, target_branch, work_branch, tags, status, verification, progress, attempt_count, source_issue_number,
                   source, queued_at, started_at, completed_at, deadline_at, scheduled_at, created_at, updated_at)
  SELECT task_id, org_id, user_id, repo_id, model_id, CASE WHEN n % 7 = 0 THEN 'pr_review' ELSE 'code' END, 'Fix the flaky retry, part ' || n, repeat('The retry loop gives up too early. ', 8), CASE n % 3 WHEN 0 THEN 'low' WHEN 1 THEN 'medium' ELSE 'high' END,
         'main', 'main', 'async-coder/' || task_id, CASE WHEN n % 50 = 0 THEN ARRAY['flaky','rare'] ELSE ARRAY['backend'] END, status, CASE WHEN status = 'completed' THEN 'passed' END, 0, 1, CASE WHEN n / 10 % 5 = 0 THEN 1 + n % 5000 END,
         CASE WHEN n / 10 % 5 = 0 THEN 'issue' ELSE 'api' END, at, CASE WHEN status NOT IN ('queued','scheduled','draft') THEN at + interval '3 s' END, CASE WHEN ${ENDED} THEN at + interval '9 min' END,
         CASE WHEN status = 'in_progress' THEN now() + interval '20 min' END, CASE WHEN status = 'scheduled' THEN now() + interval '1 hour' END, at, at FROM scale_job j WHERE ${of};
INSERT INTO task_counters (task_id, last_event_seq, last_log_seq, credits_used_micro, model_calls) SELECT task_id, 10, 5, 8000000, 3 FROM scale_job j WHERE ${of};
INSERT INTO task_attempts (id, task_id, number, status, stage, available_at, worker_id, fence, lease_expires_at, heartbeat_at, started_at, finished_at, created_at)
  SELECT attempt_id, task_id, 1, CASE WHEN status = 'completed' THEN 'succeeded' WHEN status = 'in_progress' THEN 'running' WHEN status IN ('failed','cancelled','queued') THEN status ELSE 'suspended' END, 'agent', at, 'worker-1', 1,
         CASE WHEN status = 'in_progress' THEN now() + interval '1 hour' END, at, at, CASE WHEN status NOT IN ('in_progress','queued') THEN at + interval '9 min' END, at FROM scale_job j WHERE ${of} AND status <> 'draft';
INSERT INTO task_analytics (id, task_id, succeeded, execution_time_ms, created_at) SELECT ${idAt('at', `'analytics' || n`)}, task_id, status = 'completed', 540000, at FROM scale_job j WHERE ${of} AND ${ENDED};
INSERT INTO pull_requests (id, repository_id, task_id, pr_number, title, url, status, origin, source_branch, target_branch, merged_at, created_at)
  SELECT ${idAt('at', `'pull' || n`)}, repo_id, task_id, n, 'Fix', 'https://github.com/acme/service-' || org_n || '/pull/' || n, 'merged', 'agent', 'async-coder/' || task_id, 'main', at, at FROM scale_job j WHERE ${of} AND status = 'completed';
INSERT INTO credit_holds (id, organization_id, task_id, attempt_id, call_seq, amount_micro, cost_nusd, status, expires_at, closed_at, created_at)
  SELECT ${idAt('at', `n || 'hold' || k`)}, org_id, task_id, attempt_id, k, 5000000, 1, 'captured', at + interval '20 min', at + interval '1 min', at FROM scale_job j, generate_series(1, 2) k WHERE ${of} AND ${ENDED};
INSERT INTO credit_transactions (id, organization_id, seq, type, idempotency_key, amount_micro, available_after_micro, held_after_micro, debt_after_micro, task_id, attempt_id, created_at)
  SELECT ${idAt('at', `n || 'transfer' || k`)}, org_id, n * 2 + k, CASE k WHEN 0 THEN 'hold' ELSE 'usage' END, CASE k WHEN 0 THEN 'hold:' ELSE 'settle:' END || attempt_id, CASE k WHEN 0 THEN 0 ELSE -1000 END, 1000, 0, 0, task_id, attempt_id, at
    FROM scale_job j, generate_series(0, 1) k WHERE ${of} AND ${ENDED};
INSERT INTO credit_entries (transaction_id, account, organization_id, amount_micro) SELECT t.id, v.account, t.organization_id, v.amount FROM scale_job j JOIN credit_transactions t ON t.organization_id = j.org_id AND t.seq = j.n * 2, (VALUES ('available', -1000::bigint), ('held', 1000)) v(account, amount) WHERE ${of} AND ${ENDED};
INSERT INTO api_key_usage_logs (id, organization_id, user_id, task_id, attempt_id, call_seq, provider, provider_model_id, model_id, outcome, input_tokens, output_tokens, cost_nusd, credits_micro, latency_ms, created_at)
  SELECT ${idAt('at', `n || 'usage' || k`)}, org_id, user_id, task_id, attempt_id, k, 'anthropic', 'm', model_id, 'ok', 1000, 200, 100000, 8000, 900, at FROM scale_job j, generate_series(1, 2) k WHERE ${of} AND ${ENDED};
INSERT INTO audit_logs (organization_id, actor_type, actor_id, action, target_type, target_id, created_at) SELECT org_id, 'user', user_id::text, CASE k WHEN 1 THEN 'task.created' ELSE 'task.cancelled' END, 'task', task_id::text, at FROM scale_job j, generate_series(1, 2) k WHERE ${of};
INSERT INTO webhook_deliveries (id, source, delivery_id, event_type, subject_id, raw_body, body_sha256, status, attempts, next_attempt_at, occurred_at, received_at, processed_at)
  SELECT ${idAt('at', `'inbox' || n`)}, 'github', 'd' || n, 'push', org_n::text, '\\x7b7d', sha256(n::text::bytea), CASE WHEN n % 5000 = 7 THEN 'dead' WHEN n % 1000 = 3 THEN 'received' ELSE 'processed' END, 1, at, at, at, at FROM (SELECT n, org_n, ${LATELY} AS at FROM scale_job) j WHERE ${of} AND n % 2 = 1;
INSERT INTO webhook_endpoint_deliveries (id, organization_id, endpoint_id, event_id, event_type, task_id, body, status, attempts, next_attempt_at, delivered_at, created_at)
  SELECT ${idAt('at', `'outbox' || n`)}, org_id, e.id, 'e' || n, 'task.completed', j.task_id, '{}', CASE WHEN n % 1000 = 2 THEN 'pending' ELSE 'delivered' END, 1, at, CASE WHEN n % 1000 <> 2 THEN at END, at
    FROM (SELECT n, org_id, task_id, ${LATELY} AS at FROM scale_job) j JOIN webhook_endpoints e ON e.organization_id = j.org_id WHERE ${of} AND n % 2 = 0;`;

const HISTORY = (of: string, eventsEach: number) => `
INSERT INTO task_events (task_id, seq, attempt_id, type, data, created_at)
  SELECT task_id, s, attempt_id, CASE s WHEN 1 THEN 'status' WHEN ${eventsEach} THEN 'verify' ELSE 'tool.result' END, CASE WHEN s = ${eventsEach} THEN '{"phase": "head", "checks": []}' ELSE '{"callId": "c", "name": "bash", "isError": false, "text": "ok"}' END::jsonb, at + make_interval(secs => s)
    FROM scale_job j, generate_series(1, ${eventsEach}) s WHERE ${of} AND status <> 'draft';
INSERT INTO task_logs (task_id, seq, created_at, attempt_id, level, message)
  SELECT task_id, s, at + make_interval(secs => s), attempt_id, CASE WHEN s % 5 = 0 THEN 'warn' ELSE 'info' END, 'npm test: ok ' || s FROM scale_job j, generate_series(1, ${Math.ceil(eventsEach / 2)}) s WHERE ${of} AND status NOT IN ('draft','queued','scheduled');`;

/** Fills a migrated and seeded database. `session_replication_role` must be "replica" on this connection: the rows fit together, and checking each would take hours. */
export async function fillRows(sql: Sql, { tasks, eventsEach }: RowsWanted, told: (what: string) => void = () => undefined): Promise<void> {
  await sql.query(PAST_PARTITIONS);
  await sql.query(PEOPLE(tasks));
  await sql.query(JOBS(tasks));
  for (let from = 0; from < tasks; from += SLICE) {
    const of = `j.n > ${from} AND j.n <= ${from + SLICE}`;
    await sql.query(TASKS(of));
    await sql.query(HISTORY(of, eventsEach));
    told(`${Math.min(tasks, from + SLICE)} tasks`);
  }
  await sql.query('ANALYZE');
}
