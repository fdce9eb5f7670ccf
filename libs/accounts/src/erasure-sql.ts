const PERSONAL = `SELECT id FROM organizations WHERE kind = 'personal' AND owner_user_id = $1`;

export const LOCK_TEAMS = `
SELECT o.id FROM organizations o
 WHERE o.kind = 'team' AND o.deleted_at IS NULL AND o.id IN (SELECT organization_id FROM organization_members WHERE user_id = $1 AND role = 'owner') ORDER BY o.id FOR NO KEY UPDATE`;

/** Whoever adds something as this member holds the row: wait for them, so that what they add is erased, too. */
export const LOCK_MEMBERSHIPS = `SELECT organization_id AS id FROM organization_members WHERE user_id = $1 ORDER BY organization_id FOR UPDATE`;

/**
 * Teams whose one owner is the user pass to the member with the next rank, the longest-standing first. `owner_user_id` says who founded a
 * team and moves along. Teams without another member are closed.
 */
export const PASS_ON_TEAMS = `
WITH alone AS (
  SELECT o.id FROM organizations o JOIN organization_members m ON m.organization_id = o.id AND m.user_id = $1 AND m.role = 'owner'
   WHERE o.kind = 'team' AND o.deleted_at IS NULL
     AND NOT EXISTS (SELECT 1 FROM organization_members x WHERE x.organization_id = o.id AND x.role = 'owner' AND x.user_id <> $1)),
heirs AS (
  SELECT DISTINCT ON (m.organization_id) m.organization_id, m.user_id FROM organization_members m JOIN alone a ON a.id = m.organization_id
   WHERE m.user_id <> $1 ORDER BY m.organization_id, array_position(ARRAY['admin','member','billing','viewer'], m.role), m.created_at, m.user_id),
raised AS (UPDATE organization_members m SET role = 'owner' FROM heirs h WHERE m.organization_id = h.organization_id AND m.user_id = h.user_id)
UPDATE organizations o SET owner_user_id = coalesce(h.user_id, o.owner_user_id), status = CASE WHEN h.user_id IS NULL THEN 'deleted' ELSE o.status END,
       deleted_at = CASE WHEN h.user_id IS NULL THEN now() END
  FROM alone a LEFT JOIN heirs h ON h.organization_id = a.id WHERE o.id = a.id`;

/** One statement each, with the user's id as $1; the user's own row last. */
export const ERASURE_STEPS: readonly string[] = [
  // Refresh tokens go with their sessions.
  `DELETE FROM user_sessions WHERE user_id = $1`,
  `DELETE FROM personal_access_tokens WHERE user_id = $1 OR organization_id IN (${PERSONAL})`,
  // Answers kept for repeats show what was erased.
  `DELETE FROM idempotency_keys WHERE scope = 'u:' || $1::uuid`,
  `DELETE FROM github_connections WHERE user_id = $1`,
  `DELETE FROM oauth_states WHERE user_id = $1`,
  `DELETE FROM user_repository_access WHERE user_id = $1`,
  `UPDATE api_keys SET key_ciphertext = NULL, key_prefix = '', key_last4 = '', is_active = false, is_default = false, deleted_at = coalesce(deleted_at, now())
    WHERE (user_id = $1 OR organization_id IN (${PERSONAL})) AND key_ciphertext IS NOT NULL`,
  `DELETE FROM repository_secrets WHERE repository_id IN (SELECT id FROM repositories WHERE organization_id IN (${PERSONAL}))`,
  `DELETE FROM automations WHERE organization_id IN (${PERSONAL})`,
  // A team's rules stay for whoever takes them over; nothing starts in the name of somebody who is gone.
  `UPDATE automations SET is_enabled = false, next_run_at = NULL, disabled_reason = 'The account of its owner was deleted.' WHERE user_id = $1 AND (is_enabled OR next_run_at IS NOT NULL)`,
  `UPDATE repositories SET status = 'disconnected', disconnected_at = now() WHERE organization_id IN (${PERSONAL}) AND disconnected_at IS NULL`,
  `UPDATE webhook_endpoint_deliveries SET status = 'cancelled' WHERE organization_id IN (${PERSONAL}) AND status = 'pending'`,
  `UPDATE webhook_endpoints SET secret_enc = '', previous_secret_enc = NULL, previous_secret_expires_at = NULL, deleted_at = coalesce(deleted_at, now()) WHERE organization_id IN (${PERSONAL})`,
  // A plan that is paid for is ended by the payment provider's own events.
  `UPDATE subscriptions SET status = 'canceled', canceled_at = now(), ended_at = now()
    WHERE organization_id IN (${PERSONAL}) AND stripe_subscription_id IS NULL AND status IN ('trialing','active','past_due','unpaid','paused')`,
  `DELETE FROM organization_members WHERE user_id = $1 OR organization_id IN (${PERSONAL})`,
  `UPDATE organizations SET status = 'deleted', deleted_at = coalesce(deleted_at, now()), name = 'Deleted', slug = 'deleted-' || id, billing_email = NULL, settings = '{}'
    WHERE kind = 'personal' AND owner_user_id = $1`,
  `UPDATE users SET status = 'deleted', deleted_at = now(), token_version = token_version + 1, role = 'user', email = 'deleted-' || id || '@deleted.invalid', email_verified_at = NULL,
          username = 'deleted-' || id, password_hash = NULL, display_name = NULL, first_name = NULL, last_name = NULL, avatar_url = NULL, bio = NULL, location = NULL, website_url = NULL,
          company = NULL, github_id = NULL, github_username = NULL, preferences = '{}', timezone = 'UTC', locale = 'en', referral_code = NULL, default_organization_id = NULL,
          failed_login_count = 0, locked_until = NULL, last_login_at = NULL, last_active_at = NULL
    WHERE id = $1`,
];
