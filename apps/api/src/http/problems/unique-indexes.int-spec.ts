import { declaredErrors } from '@app/common';
import { openTestDatabase, type TestDatabase } from '../../../../../test/support/test-database';
import '../server/create-app';
import { CODE_OF_CONSTRAINT } from './database-errors';

/** Why no request can violate these: then a violation may be the general `conflict`, for it is somebody's race and not their choice. */
const NOBODYS_CHOICE: Readonly<Record<string, readonly string[]>> = {
  'hashes of random tokens': ['organization_invitations_token_hash_key', 'personal_access_tokens_token_hash_key', 'refresh_tokens_token_hash_key', 'oauth_states_pkey', 'users_referral_code_key'],
  'written with ON CONFLICT, or after the row it belongs to was locked': [
    'credit_accounts_pkey', 'budget_periods_pkey', 'data_keys_pkey', 'idempotency_keys_pkey', 'organization_members_pkey', 'webhook_deliveries_source_delivery_id_key', 'task_counters_pkey', 'task_analytics_task_id_key',
    'task_effects_effect_key_key', 'refresh_tokens_one_live_uq', 'organization_invitations_open_uq', 'organizations_personal_uq', 'task_attempts_one_live_uq', 'task_attempts_task_id_number_key', 'repository_secrets_repository_id_name_key',
    'user_repository_access_user_id_repository_id_key', 'github_connections_pkey', 'webhook_endpoint_deliveries_endpoint_id_event_id_key', 'webhook_endpoints_task_uq', 'tasks_dedupe_uq', 'automation_runs_automation_id_occasion_key', 'repository_credentials_repository_id_key',
  ],
  'numbers that are counted under the lock of a counter row': ['task_messages_task_id_seq_key', 'task_events_pkey', 'credit_transactions_organization_id_seq_key', 'credit_entries_pkey'],
  'written by the worker alone': [
    'task_results_once_uq', 'credit_holds_attempt_id_call_seq_key', 'credit_holds_one_open_uq', 'api_key_usage_logs_call_uq', 'credit_transactions_organization_id_idempotency_key_key', 'model_usage_stats_uq', 'subscription_usage_subscription_id_date_key',
    'pull_requests_open_head_uq', 'pull_requests_repository_id_pr_number_key', 'pull_requests_repository_id_github_pr_id_key', 'pull_request_comments_pull_request_id_kind_github_comment_i_key', 'pull_request_reviews_pull_request_id_github_review_id_key',
    'review_findings_pull_request_id_fingerprint_key', 'review_findings_refs_uq', 'repository_webhooks_repository_id_github_webhook_id_key', 'repository_webhooks_url_uq',
    'check_watches_repository_id_head_sha_key', 'commit_checks_repository_id_head_sha_kind_check_key_key', 'webhook_redeliveries_pkey', 'webhook_sweeps_pkey',
    'github_lanes_pkey', 'usage_stat_tasks_pkey', 'unfolded_usage_pkey', 'model_usage_redos_pkey', 'credit_stats_pkey', 'credit_stat_marks_pkey', 'credit_grants_overage_uq', 'granted_addresses_pkey', 'overage_reports_identifier_key', 'overage_reports_one_pending_uq',
  ],
  'ids that a vendor gives, each once': [
    'github_installations_installation_id_key', 'organizations_clerk_org_id_key', 'organizations_stripe_customer_id_key', 'credit_grants_invoice_uq', 'credit_grants_period_uq', 'credit_grants_purchase_uq', 'credit_purchases_stripe_checkout_session_id_key',
    'credit_purchases_stripe_payment_intent_id_key', 'subscription_invoices_stripe_invoice_id_key', 'subscriptions_stripe_overage_item_id_key', 'subscriptions_stripe_subscription_id_key', 'subscriptions_stripe_subscription_item_id_key',
  ],
  'the catalogue, which no route writes': [
    'ai_model_prices_model_id_service_tier_min_prompt_tokens_eff_key', 'ai_models_name_key', 'ai_models_one_default_uq', 'ai_models_provider_provider_model_id_key', 'ai_provider_configs_provider_key', 'api_key_providers_provider_key', 'credit_packages_name_key',
    'credit_packages_stripe_price_id_key', 'subscription_plans_name_key', 'subscription_plans_stripe_overage_price_id_key', 'subscription_plans_stripe_price_id_key',
  ],
};
/** Made of an id that we make, so they cannot be taken. Partitions repeat their table's key. */
const OF_OWN_IDS = ['automations_id_organization_id_key', 'blobs_object_uq', 'repositories_id_organization_id_key', 'stored_objects_key_key'];
const PARTITION = /^task_(logs|events)_(\d{4}_\d{2}|default|history)_|^task_logs_pkey/;

let database: TestDatabase;
let indexes: { name: string; columns: string }[];
beforeAll(async () => {
  database = await openTestDatabase();
  indexes = await database.dataSource.query(
    `SELECT i.relname AS name, (SELECT string_agg(a.attname, ',') FROM pg_attribute a WHERE a.attrelid = i.oid) AS columns
       FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_namespace n ON n.oid = i.relnamespace WHERE x.indisunique AND n.nspname = 'public' ORDER BY 1`,
  );
}, 60_000);
afterAll(() => database.close());

const excused = Object.values(NOBODYS_CHOICE).flat();

it('every unique index has a code, or a reason why no request violates it', () => {
  const known = new Set([...Object.keys(CODE_OF_CONSTRAINT), ...excused, ...OF_OWN_IDS]);
  expect(indexes.filter(({ name, columns }) => columns !== 'id' && !PARTITION.test(name) && !known.has(name)).map(({ name }) => name)).toEqual([]);
  expect(indexes.length).toBeGreaterThan(100);
});

it('names no index that does not exist, and none twice', () => {
  const existing = new Set(indexes.map(({ name }) => name));
  const named = [...Object.keys(CODE_OF_CONSTRAINT), ...excused];
  expect(named.filter((name) => !existing.has(name))).toEqual([]);
  expect(new Set(named).size).toBe(named.length);
});

it('the codes are ones that problems have', () => {
  const codes = new Set(declaredErrors().map(({ code }) => code));
  expect(Object.values(CODE_OF_CONSTRAINT).filter((code) => !codes.has(code))).toEqual([]);
});
