// The database of the API bench: people with an organization, a plan, a session and a history of tasks; and their access tokens.
import { createHash, createHmac, randomUUID } from 'node:crypto';
import pg from 'pg';

export const USERS = 1_000;
export const TASKS_EACH = 25;

const STATEMENTS = `
CREATE TEMP TABLE who AS SELECT n, uuidv7() AS user_id, uuidv7() AS org_id, uuidv7() AS session_id, uuidv7() AS repo_id FROM generate_series(1, ${USERS}) n;
CREATE TEMP TABLE model AS SELECT m.id, row_number() OVER (ORDER BY m.sort_order) AS n, count(*) OVER () AS models FROM ai_models m WHERE m.provider = 'anthropic' AND 'code' = ANY (m.modes);
INSERT INTO users (id, email, username, password_hash) SELECT user_id, 'person-' || n || '@example.com', 'person-' || n, NULL FROM who;
INSERT INTO organizations (id, kind, name, slug, owner_user_id) SELECT org_id, 'personal', 'Person ' || n, 'person-' || n, user_id FROM who;
UPDATE users u SET default_organization_id = w.org_id FROM who w WHERE w.user_id = u.id;
INSERT INTO organization_members (organization_id, user_id, role) SELECT org_id, user_id, 'owner' FROM who;
INSERT INTO user_sessions (id, user_id, auth_method, expires_at) SELECT session_id, user_id, 'password', now() + interval '10 days' FROM who;
INSERT INTO subscription_plans (id, name, display_name, tier, price_minor, billing_interval, credits_included_micro, max_repositories, max_tasks_per_day, max_concurrent_tasks, max_members, is_active)
  SELECT uuidv7(), 'bench', 'Bench', 'pro', 0, 'month', 1000000000, 25, 1000000, 5, 10, false;
INSERT INTO subscriptions (id, organization_id, plan_id, status, current_period_start, current_period_end)
  SELECT uuidv7(), w.org_id, p.id, 'active', now() - interval '1 day', now() + interval '29 days' FROM who w, subscription_plans p WHERE p.name = 'bench';
INSERT INTO credit_accounts (organization_id, available_micro, lifetime_granted_micro) SELECT org_id, 1000000000, 1000000000 FROM who;
INSERT INTO repositories (id, organization_id, provider, github_id, name, full_name, url, clone_url)
  SELECT repo_id, org_id, 'github', n, 'service-' || n, 'acme/service-' || n, 'https://github.com/acme/service-' || n, 'https://github.com/acme/service-' || n || '.git' FROM who;
CREATE TEMP TABLE job AS SELECT w.*, k, uuidv7() AS task_id, uuidv7() AS attempt_id, now() - make_interval(hours => 24 + k * 7, secs => w.n * 0.731 + k * 0.137) AS at,
    CASE WHEN (w.n * 31 + k * 7) % 100 < 80 THEN 'completed' WHEN (w.n * 31 + k * 7) % 100 < 90 THEN 'failed' WHEN (w.n * 31 + k * 7) % 100 < 99 THEN 'in_progress' ELSE 'queued' END AS status
  FROM who w, generate_series(1, ${TASKS_EACH}) k;
INSERT INTO tasks (id, organization_id, user_id, repository_id, ai_model_id, requested_model, mode, title, description, prompt, priority, branch, base_sha, target_branch, work_branch, options, metadata, tags,
    status, status_reason, verification, progress, attempt_count, max_attempts, max_credits_micro, error_code, error_message, queued_at, started_at, completed_at, deadline_at, created_at, updated_at)
  SELECT task_id, org_id, user_id, repo_id, m.id, 'auto', 'code', 'Fix the flaky retry of service ' || job.n || ', part ' || k, CASE WHEN k % 3 = 0 THEN 'Seen in the nightly run; "quotes" and ünïcode \\ too.' END,
    repeat('The retry loop gives up too early when the upstream answers 503. Make it wait and try again. ', 5), 'medium', 'main', md5((job.n * k)::text) || '01234567', 'main', 'async-coder/' || task_id,
    '{"timeoutSeconds": 3600, "createPullRequest": true}', '{"ticket": "ABC-123"}', ARRAY['backend', 'flaky'], status, CASE WHEN status = 'failed' THEN 'checks_failed' END,
    CASE WHEN status = 'completed' THEN 'passed' WHEN status = 'failed' THEN 'failed' END, CASE WHEN status IN ('completed', 'failed') THEN 100 WHEN status = 'in_progress' THEN 40 ELSE 0 END, 1, 3,
    50000000, CASE WHEN status = 'failed' THEN 'checks_failed' END, CASE WHEN status = 'failed' THEN '2 of 3 checks failed' END, at, CASE WHEN status <> 'queued' THEN at + interval '2.5 s' END,
    CASE WHEN status IN ('completed', 'failed') THEN at + interval '9 min' END, CASE WHEN status <> 'queued' THEN at + interval '1 hour' END, at, at + interval '9 min'
  FROM job JOIN model m ON m.n = 1 + (job.n + job.k) % m.models;
INSERT INTO task_attempts (id, task_id, number, status, stage, available_at, worker_id, fence, lease_expires_at, heartbeat_at, ai_model_id, started_at, finished_at, created_at)
  SELECT attempt_id, task_id, 1, CASE status WHEN 'completed' THEN 'succeeded' WHEN 'in_progress' THEN 'running' ELSE status END, CASE status WHEN 'queued' THEN 'prepare' WHEN 'in_progress' THEN 'agent' ELSE 'done' END, at,
    CASE WHEN status = 'in_progress' THEN 'worker-1' END, 1, CASE WHEN status = 'in_progress' THEN now() + interval '1 hour' END, now(), NULL, CASE WHEN status <> 'queued' THEN at + interval '2.5 s' END,
    CASE WHEN status IN ('completed', 'failed') THEN at + interval '9 min' END, at FROM job;
INSERT INTO task_counters (task_id, last_event_seq, credits_used_micro, cost_nusd, model_calls, input_tokens, cache_read_tokens, cache_write_tokens, output_tokens, reasoning_tokens)
  SELECT task_id, CASE WHEN status = 'queued' THEN 1 ELSE 40 + k END, CASE WHEN status = 'queued' THEN 0 ELSE 8123456 + k END, CASE WHEN status = 'queued' THEN 0 ELSE 81234560 + k * 10 END, k, 120000 + k, 90000, 20000, 6000, 400 FROM job;
INSERT INTO task_events (task_id, seq, attempt_id, type, data, created_at) SELECT task_id, 1, attempt_id, 'status', '{"from": null, "to": "queued", "reason": null}', at FROM job;
INSERT INTO task_events (task_id, seq, attempt_id, type, data, created_at)
  SELECT task_id, s, attempt_id, CASE WHEN s = 38 THEN 'verify' ELSE 'tool.call' END, CASE WHEN s = 38 THEN jsonb_build_object('phase', 'head', 'checks', (SELECT jsonb_agg(jsonb_build_object(
    'name', c, 'command', 'npm run ' || c, 'phase', 'head', 'exitCode', CASE WHEN status = 'failed' THEN 1 ELSE 0 END, 'durationMs', 5120, 'status', CASE WHEN status = 'failed' THEN 'failed' ELSE 'passed' END, 'alreadyFailing', false))
    FROM unnest(ARRAY['test', 'lint', 'build']) c)) ELSE '{"name": "bash"}' END, at + interval '1 min' FROM job, generate_series(30, 40) s WHERE status IN ('completed', 'failed');
INSERT INTO pull_requests (id, repository_id, task_id, pr_number, title, url, status, origin, source_branch, target_branch, merged_at)
  SELECT uuidv7(), repo_id, task_id, k, 'Fix the flaky retry', 'https://github.com/acme/service-' || n || '/pull/' || k, CASE WHEN k % 2 = 0 THEN 'open' ELSE 'merged' END, 'agent', 'async-coder/' || task_id, 'main', CASE WHEN k % 2 = 1 THEN at END
  FROM job WHERE status = 'completed';
ANALYZE;`;

/** Fills an empty, migrated and seeded database. */
export async function fill(databaseUrl) {
  await withClient(databaseUrl, (client) => client.query(STATEMENTS));
}

/** The people with their tokens, repository and tasks, as the load sends them. */
export async function people(databaseUrl, settings) {
  const { rows } = await withClient(databaseUrl, (client) =>
    client.query(`SELECT u.id AS user_id, s.id AS session_id, o.id AS org_id, r.id AS repo_id, u.token_version, array(SELECT t.id FROM tasks t WHERE t.organization_id = o.id ORDER BY t.created_at DESC) AS tasks
      FROM users u JOIN user_sessions s ON s.user_id = u.id JOIN organizations o ON o.owner_user_id = u.id JOIN repositories r ON r.organization_id = o.id`),
  );
  return rows.map((row) => ({ ...row, token: signed(row, settings) }));
}

/** An access token as the API makes them. */
export function signed({ user_id: sub, session_id: sid, org_id: org, token_version: tv }, { secret, issuer }, times = {}) {
  const now = Math.floor(Date.now() / 1_000);
  const kid = createHash('sha256').update(`key id ${secret}`).digest('hex').slice(0, 8);
  const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const text = `${part({ alg: 'HS256', typ: 'JWT', kid })}.${part({ sub, sid, org, role: 'owner', tv, iat: now, exp: now + 7_200, aud: 'async-coder-api', iss: issuer, jti: randomUUID(), ...times })}`;
  return `${text}.${createHmac('sha256', secret).update(text).digest('base64url')}`;
}

/** What the creates of a slice left behind is removed, so that each arm meets the same tables. */
export async function removeNew(client) {
  await client.query(`DELETE FROM webhook_endpoint_deliveries; DELETE FROM tasks WHERE created_at > now() - interval '20 hours'; DELETE FROM idempotency_keys;`);
}

async function withClient(connectionString, work) {
  const client = new pg.Client({ connectionString });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
