import type { MigrationInterface, QueryRunner } from 'typeorm';

const UP = String.raw`
CREATE TABLE api_key_usage_logs (  -- one row a provider call, own key or platform key
  id                       uuid PRIMARY KEY,
  organization_id          uuid NOT NULL REFERENCES organizations(id) ON DELETE RESTRICT,
  user_id                  uuid REFERENCES users(id) ON DELETE SET NULL,
  api_key_id               uuid REFERENCES api_keys(id) ON DELETE SET NULL,  -- NULL = platform key
  task_id                  uuid REFERENCES tasks(id) ON DELETE SET NULL,
  attempt_id               uuid REFERENCES task_attempts(id) ON DELETE SET NULL,
  call_seq                 integer NOT NULL DEFAULT 0,
  purpose                  text NOT NULL DEFAULT 'agent' CHECK (purpose IN ('agent','title','summary','review','model_test','key_test')),
  provider                 text NOT NULL,
  provider_model_id        text NOT NULL,
  model_id                 uuid REFERENCES ai_models(id) ON DELETE SET NULL,
  price_id                 uuid REFERENCES ai_model_prices(id) ON DELETE SET NULL,
  endpoint                 text,
  method                   text,
  status_code              integer,
  outcome                  text NOT NULL CHECK (outcome IN ('ok','error','rate_limited','overloaded','timeout','aborted','refused')),
  provider_request_id      text,
  service_tier             text,
  input_tokens             bigint NOT NULL DEFAULT 0 CHECK (input_tokens >= 0),  -- uncached input only
  cache_read_tokens        bigint NOT NULL DEFAULT 0 CHECK (cache_read_tokens >= 0),
  cache_write_short_tokens bigint NOT NULL DEFAULT 0 CHECK (cache_write_short_tokens >= 0),
  cache_write_long_tokens  bigint NOT NULL DEFAULT 0 CHECK (cache_write_long_tokens >= 0),
  output_tokens            bigint NOT NULL DEFAULT 0 CHECK (output_tokens >= 0),  -- includes reasoning
  reasoning_tokens         bigint NOT NULL DEFAULT 0 CHECK (reasoning_tokens BETWEEN 0 AND output_tokens),
  is_estimated             boolean NOT NULL DEFAULT false,
  cost_nusd                bigint NOT NULL DEFAULT 0 CHECK (cost_nusd >= 0),
  credits_micro            bigint NOT NULL DEFAULT 0 CHECK (credits_micro >= 0),  -- what was charged; 0 for own keys
  latency_ms               integer,
  ttft_ms                  integer,
  error_code               text,
  error_message            text CHECK (char_length(error_message) <= 2000),
  raw_usage                jsonb,  -- as the provider sent it
  metadata                 jsonb NOT NULL DEFAULT '{}'::jsonb,
  created_at               timestamptz NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX api_key_usage_logs_call_uq ON api_key_usage_logs (attempt_id, call_seq) WHERE attempt_id IS NOT NULL;
CREATE INDEX api_key_usage_logs_key_idx   ON api_key_usage_logs (api_key_id, created_at DESC) WHERE api_key_id IS NOT NULL;
CREATE INDEX api_key_usage_logs_org_idx   ON api_key_usage_logs (organization_id, created_at DESC);
CREATE INDEX api_key_usage_logs_task_idx  ON api_key_usage_logs (task_id) WHERE task_id IS NOT NULL;
CREATE INDEX api_key_usage_logs_model_idx ON api_key_usage_logs (model_id, created_at DESC);
CREATE INDEX api_key_usage_logs_time_brin ON api_key_usage_logs USING brin (created_at);

CREATE TABLE model_usage_stats (  -- daily rollup, sums only
  id                 uuid PRIMARY KEY,
  model_id           uuid NOT NULL REFERENCES ai_models(id) ON DELETE CASCADE,
  organization_id    uuid REFERENCES organizations(id) ON DELETE CASCADE,  -- NULL = everybody
  user_id            uuid REFERENCES users(id) ON DELETE CASCADE,  -- NULL = all of the organization
  date               date NOT NULL,
  total_requests     bigint NOT NULL DEFAULT 0,
  failed_requests    bigint NOT NULL DEFAULT 0,
  input_tokens       bigint NOT NULL DEFAULT 0,
  cache_read_tokens  bigint NOT NULL DEFAULT 0,
  cache_write_tokens bigint NOT NULL DEFAULT 0,
  output_tokens      bigint NOT NULL DEFAULT 0,
  reasoning_tokens   bigint NOT NULL DEFAULT 0,
  total_credits_micro bigint NOT NULL DEFAULT 0,
  cost_nusd          bigint NOT NULL DEFAULT 0,
  latency_ms_sum     bigint NOT NULL DEFAULT 0,
  latency_ms_max     integer NOT NULL DEFAULT 0,
  ttft_ms_sum        bigint NOT NULL DEFAULT 0,
  created_at         timestamptz NOT NULL DEFAULT now(),
  updated_at         timestamptz NOT NULL DEFAULT now(),
  row_version        integer NOT NULL DEFAULT 1
);
CREATE UNIQUE INDEX model_usage_stats_uq ON model_usage_stats (date, model_id,
  coalesce(organization_id, '00000000-0000-0000-0000-000000000000'::uuid), coalesce(user_id, '00000000-0000-0000-0000-000000000000'::uuid));
CREATE INDEX model_usage_stats_org_idx ON model_usage_stats (organization_id, date DESC);

CREATE TRIGGER model_usage_stats_touch BEFORE UPDATE ON model_usage_stats FOR EACH ROW EXECUTE FUNCTION touch_row();
`;

const DOWN = `
DROP TABLE model_usage_stats, api_key_usage_logs;
`;

/** Creates one row per model call and its daily roll-up. */
export class Usage1764000007000 implements MigrationInterface {
  readonly name = 'Usage1764000007000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(UP);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(DOWN);
  }
}
