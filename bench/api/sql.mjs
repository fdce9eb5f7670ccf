// What the arms without TypeORM send to PostgreSQL. Texts that the built API can hand over are taken from it, so that they cannot drift apart; the others
// are what it was seen to send. `checkCreates` holds the rows that each arm writes against ours.
import { createRequire } from 'node:module';
import { join } from 'node:path';

const require = createRequire(join(process.cwd(), 'package.json'));
const view = require('./dist/libs/domain/src/tasks/task-view.js');

export const STANDING = `SELECT s.revoked_at IS NULL AND s.expires_at > now() AS "isAlive", coalesce(s.trusted_token_version = u.token_version, false) AS "keepsOlderTokens",
  s.last_seen_at < now() - make_interval(secs => 60) AS "isUnseen", u.id AS "userId", u.status AS "userStatus", u.role AS "platformRole", u.token_version AS "tokenVersion",
  o.id AS "organizationId", CASE WHEN o.id IS NULL THEN NULL ELSE m.role END AS role
  FROM user_sessions s JOIN users u ON u.id = s.user_id
  LEFT JOIN organization_members m ON m.user_id = u.id AND m.organization_id = coalesce($3::uuid, u.default_organization_id)
  LEFT JOIN organizations o ON o.id = m.organization_id AND o.deleted_at IS NULL AND o.status = 'active'
 WHERE s.id = $1 AND s.user_id = $2`;

/** Rows as objects. */
export const READ_OBJECT = `${view.SELECT_TASK_VIEW} WHERE t.id = $2 AND t.organization_id = $1`;
export const LIST_OBJECTS = `${view.SELECT_TASK_SUMMARY.replace('SELECT', 'SELECT t.created_at::text AS page_sort,')} WHERE t.archived_at IS NULL AND t.organization_id = $1 ORDER BY t.created_at DESC, t.id DESC LIMIT $2`;

/** The API's own texts of the hot paths. */
const text = require('./dist/libs/domain/src/tasks/task-text.js');
const store = require('./dist/libs/domain/src/tasks/task.store.js');
export const { taskDetailsText } = text;
export const READ_TEXT = `${text.SELECT_TASK_DETAILS_TEXT} WHERE t.id = $2 AND t.organization_id = $1`;
export const INSERT_TASK = store.INSERT_TASK.text;
export const CREATE_COLUMNS = store.CREATE_COLUMNS;

export const TAKE_KEY = `WITH free AS MATERIALIZED (SELECT pg_try_advisory_xact_lock(hashtextextended('idempotency-' || $1::text || ':' || $2::text, 0)) AS locked),
 taken AS (
   INSERT INTO idempotency_keys AS k (scope, key, method, path, request_hash, locked_until, expires_at, created_at)
   SELECT $1::text, $2::text, $3::text, $4::text, $5::bytea, now() + make_interval(secs => $6::int), now() + make_interval(hours => $7::int), clock_timestamp() FROM free WHERE locked
   ON CONFLICT (scope, key) DO UPDATE SET method = EXCLUDED.method, path = EXCLUDED.path, request_hash = EXCLUDED.request_hash, state = 'in_progress',
     response_status = NULL, response_headers = NULL, response_body_enc = NULL, locked_until = EXCLUDED.locked_until, expires_at = EXCLUDED.expires_at, created_at = EXCLUDED.created_at
    WHERE k.expires_at < now() OR (k.state = 'in_progress' AND k.locked_until < now()
          AND (k.method, k.path, k.request_hash) = (EXCLUDED.method, EXCLUDED.path, EXCLUDED.request_hash))
   RETURNING created_at::text AS token)
 SELECT free.locked, taken.token, e.method, e.path, e.request_hash, e.state, e.response_status, e.response_headers, e.response_body_enc
   FROM free LEFT JOIN taken ON true LEFT JOIN idempotency_keys e ON taken.token IS NULL AND e.scope = $1 AND e.key = $2`;

export const REPOSITORY = `SELECT id, status, default_branch FROM repositories WHERE organization_id = $1 AND id = $2 AND disconnected_at IS NULL`;

export const MODELS = `SELECT m.id, m.name, m.provider, m.modes, m.lifecycle, m.min_tier, m.is_default, p.api_style, (p.health_status = 'down' OR NOT p.is_active) AS is_down,
  EXISTS (SELECT 1 FROM api_keys k WHERE k.organization_id = $1 AND k.provider = m.provider AND k.is_active AND k.deleted_at IS NULL AND (k.expires_at IS NULL OR k.expires_at > now())) AS has_own_key,
  coalesce((SELECT plan.tier FROM subscriptions s JOIN subscription_plans plan ON plan.id = s.plan_id WHERE s.organization_id = $1 AND s.status IN ('trialing','active','past_due') LIMIT 1), 'free') AS tier,
  EXISTS (SELECT 1 FROM ai_model_prices price WHERE price.model_id = m.id AND price.service_tier = 'standard' AND price.effective_from <= now()) AS has_price
  FROM ai_models m JOIN ai_provider_configs p ON p.provider = m.provider WHERE m.is_active ORDER BY m.sort_order, m.name`;

export const DAILY_LIMIT = `SELECT p.max_tasks_per_day, p.display_name AS plan_name,
  CASE WHEN p.max_tasks_per_day IS NOT NULL THEN pg_advisory_xact_lock(hashtextextended('plan-tasks-' || o.organization_id::text, 0))::text END AS locked
  FROM (SELECT $1::uuid AS organization_id) o
  LEFT JOIN subscriptions s ON s.organization_id = o.organization_id AND s.status IN ('trialing','active','past_due','unpaid','paused')
  JOIN subscription_plans p ON p.id = coalesce(CASE WHEN s.status IN ('trialing','active','past_due') THEN s.plan_id END,
       (SELECT f.id FROM subscription_plans f WHERE f.tier = 'free' AND f.is_active ORDER BY f.sort_order, f.id LIMIT 1))`;

export const TODAY = `SELECT count(*)::integer AS today, ceil(extract(epoch FROM (date_trunc('day', now() AT TIME ZONE 'UTC') + interval '1 day') AT TIME ZONE 'UTC' - now()))::integer AS left
  FROM tasks WHERE organization_id = $1 AND created_at >= date_trunc('day', now() AT TIME ZONE 'UTC') AT TIME ZONE 'UTC'`;

export const PROVIDER = `SELECT coalesce(u.provider, m.provider) AS provider
  FROM ai_models m JOIN ai_provider_configs p ON p.provider = m.provider LEFT JOIN ai_models u ON p.api_style = 'cli' AND u.name = m.provider_model_id AND u.is_active WHERE m.id = $1`;

export const AUDIT = `INSERT INTO audit_logs (organization_id, actor_type, actor_id, action, target_type, target_id, changes, ip_address, user_agent, request_id)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, left($9, 1024), $10)`;

export const ACCOUNT = 'SELECT available_micro, debt_micro FROM credit_accounts WHERE organization_id = $1';

export const KEEP_ANSWER = `UPDATE idempotency_keys SET state = 'completed', response_status = $4, response_headers = $5, response_body_enc = $6
  WHERE scope = $1 AND key = $2 AND state = 'in_progress' AND created_at = $3::timestamptz`;
