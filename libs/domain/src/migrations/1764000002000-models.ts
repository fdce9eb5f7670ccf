import type { MigrationInterface, QueryRunner } from 'typeorm';

const UP = String.raw`
CREATE TABLE ai_provider_configs (
  id                uuid PRIMARY KEY,
  provider          text NOT NULL UNIQUE CHECK (provider ~ '^[a-z0-9][a-z0-9_-]{0,49}$'),
  display_name      text NOT NULL,
  api_style         text NOT NULL CHECK (api_style IN ('anthropic','openai_responses','openai_chat','google','cli','builtin')),
  base_url          text,
  api_key_enc       bytea,
  api_key_last4     text,
  key_version       smallint NOT NULL DEFAULT 1,
  configuration     jsonb NOT NULL DEFAULT '{}'::jsonb CHECK (jsonb_typeof(configuration) = 'object'),
  max_concurrency   integer CHECK (max_concurrency > 0),
  requests_per_minute integer CHECK (requests_per_minute > 0),
  tokens_per_minute bigint CHECK (tokens_per_minute > 0),
  health_status     text NOT NULL DEFAULT 'unknown' CHECK (health_status IN ('unknown','healthy','degraded','down')),
  health_checked_at timestamptz,
  is_active         boolean NOT NULL DEFAULT true,
  row_version       integer NOT NULL DEFAULT 1,
  created_at        timestamptz NOT NULL DEFAULT now(),
  updated_at        timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE ai_models (
  id                    uuid PRIMARY KEY,
  name                  text NOT NULL UNIQUE,
  provider              text NOT NULL REFERENCES ai_provider_configs(provider) ON UPDATE CASCADE ON DELETE RESTRICT,
  provider_model_id     text NOT NULL,
  display_name          text NOT NULL,
  description           text,
  context_window        integer NOT NULL CHECK (context_window > 0),
  max_input_tokens      integer CHECK (max_input_tokens > 0),
  max_output_tokens     integer NOT NULL CHECK (max_output_tokens > 0),
  capabilities          jsonb NOT NULL DEFAULT '{}'::jsonb CHECK (jsonb_typeof(capabilities) = 'object'),
  modes                 text[] NOT NULL DEFAULT '{code,debug,ask,documentation,architect,pr_review}',
  lifecycle             text NOT NULL DEFAULT 'active' CHECK (lifecycle IN ('preview','active','deprecated','retired')),
  released_on           date,
  deprecated_on         date,
  retires_on            date,
  min_tier              text NOT NULL DEFAULT 'free' CHECK (min_tier IN ('free','pro','enterprise')),
  credit_multiplier_bps integer NOT NULL DEFAULT 10000 CHECK (credit_multiplier_bps BETWEEN 0 AND 1000000),
  is_active             boolean NOT NULL DEFAULT true,
  is_default            boolean NOT NULL DEFAULT false,
  sort_order            integer NOT NULL DEFAULT 100,
  configuration         jsonb NOT NULL DEFAULT '{}'::jsonb,
  row_version           integer NOT NULL DEFAULT 1,
  created_at            timestamptz NOT NULL DEFAULT now(),
  updated_at            timestamptz NOT NULL DEFAULT now(),
  UNIQUE (provider, provider_model_id)
);
CREATE UNIQUE INDEX ai_models_one_default_uq ON ai_models ((true)) WHERE is_default;
CREATE INDEX ai_models_list_idx ON ai_models (sort_order, name) WHERE is_active;

CREATE TABLE ai_model_prices (  -- effective-dated, tiered prices
  id                      uuid PRIMARY KEY,
  model_id                uuid NOT NULL REFERENCES ai_models(id) ON DELETE CASCADE,
  service_tier            text NOT NULL DEFAULT 'standard' CHECK (service_tier IN ('standard','batch','flex','priority','fast')),
  min_prompt_tokens       integer NOT NULL DEFAULT 0 CHECK (min_prompt_tokens >= 0), -- whole request is billed at the highest tier reached
  effective_from          timestamptz NOT NULL,
  input_umtok             bigint NOT NULL CHECK (input_umtok >= 0),
  output_umtok            bigint NOT NULL CHECK (output_umtok >= 0),
  cache_read_umtok        bigint NOT NULL CHECK (cache_read_umtok >= 0),
  cache_write_short_umtok bigint NOT NULL CHECK (cache_write_short_umtok >= 0),  -- Anthropic 5m, OpenAI 30m
  cache_write_long_umtok  bigint NOT NULL CHECK (cache_write_long_umtok >= 0),  -- Anthropic 1h, OpenAI 12h
  source_url              text,
  verified_on             date,
  created_at              timestamptz NOT NULL DEFAULT now(),
  UNIQUE (model_id, service_tier, min_prompt_tokens, effective_from)
);
CREATE INDEX ai_model_prices_lookup_idx ON ai_model_prices (model_id, service_tier, effective_from DESC, min_prompt_tokens DESC);

CREATE TABLE api_key_providers (
  id              uuid PRIMARY KEY,
  provider        text NOT NULL UNIQUE,
  display_name    text NOT NULL,
  description     text,
  category        text NOT NULL CHECK (category IN ('ai_models','search','development','cloud','communication','analytics','other')),
  logo_url        text,
  website_url     text,
  docs_url        text,
  auth_type       text NOT NULL DEFAULT 'bearer' CHECK (auth_type IN ('bearer','header','query')),
  auth_name       text,
  key_prefix      text,
  key_pattern     text,
  base_url        text,
  test_endpoint   text,
  required_fields text[] NOT NULL DEFAULT '{}',
  optional_fields text[] NOT NULL DEFAULT '{}',
  configuration   jsonb NOT NULL DEFAULT '{}'::jsonb,
  is_active       boolean NOT NULL DEFAULT true,
  sort_order      integer NOT NULL DEFAULT 100,
  row_version     integer NOT NULL DEFAULT 1,
  created_at      timestamptz NOT NULL DEFAULT now(),
  updated_at      timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE api_keys (  -- the user's own provider keys
  id              uuid PRIMARY KEY,
  organization_id uuid NOT NULL REFERENCES organizations(id) ON DELETE RESTRICT,
  user_id         uuid NOT NULL REFERENCES users(id) ON DELETE RESTRICT,
  provider        text NOT NULL REFERENCES api_key_providers(provider) ON UPDATE CASCADE ON DELETE RESTRICT,
  name            text NOT NULL CHECK (char_length(name) BETWEEN 1 AND 100),
  description     text CHECK (char_length(description) <= 500),
  key_ciphertext  bytea,  -- 1 version | 12 nonce | ciphertext | 16 tag; NULL once deleted
  key_version     smallint NOT NULL DEFAULT 1,
  key_fingerprint bytea NOT NULL CHECK (octet_length(key_fingerprint) = 32),  -- HMAC-SHA-256(pepper, key)
  key_prefix      text NOT NULL DEFAULT '',
  key_last4       text NOT NULL CHECK (char_length(key_last4) <= 4),
  base_url        text,
  metadata        jsonb NOT NULL DEFAULT '{}'::jsonb CHECK (jsonb_typeof(metadata) = 'object'),
  is_active       boolean NOT NULL DEFAULT true,
  is_default      boolean NOT NULL DEFAULT false,
  status          text NOT NULL DEFAULT 'unverified' CHECK (status IN ('unverified','valid','invalid','rate_limited','expired')),
  last_verified_at timestamptz,
  last_error      text,
  last_used_at    timestamptz,
  usage_count     bigint NOT NULL DEFAULT 0,
  expires_at      timestamptz,
  deleted_at      timestamptz,
  row_version     integer NOT NULL DEFAULT 1,
  created_at      timestamptz NOT NULL DEFAULT now(),
  updated_at      timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT api_keys_ciphertext_ck CHECK (deleted_at IS NOT NULL OR key_ciphertext IS NOT NULL)
);
CREATE UNIQUE INDEX api_keys_name_uq        ON api_keys (organization_id, provider, lower(name))  WHERE deleted_at IS NULL;
CREATE UNIQUE INDEX api_keys_fingerprint_uq ON api_keys (organization_id, provider, key_fingerprint) WHERE deleted_at IS NULL;
CREATE UNIQUE INDEX api_keys_default_uq     ON api_keys (organization_id, provider) WHERE is_default AND deleted_at IS NULL;
CREATE INDEX api_keys_list_idx              ON api_keys (organization_id, created_at DESC, id DESC) WHERE deleted_at IS NULL;
CREATE INDEX api_keys_user_idx              ON api_keys (user_id);

CREATE TRIGGER ai_provider_configs_touch BEFORE UPDATE ON ai_provider_configs FOR EACH ROW EXECUTE FUNCTION touch_row();
CREATE TRIGGER ai_models_touch BEFORE UPDATE ON ai_models FOR EACH ROW EXECUTE FUNCTION touch_row();
CREATE TRIGGER api_key_providers_touch BEFORE UPDATE ON api_key_providers FOR EACH ROW EXECUTE FUNCTION touch_row();
CREATE TRIGGER api_keys_touch BEFORE UPDATE ON api_keys FOR EACH ROW EXECUTE FUNCTION touch_row();
`;

const DOWN = `
DROP TABLE api_keys, api_key_providers, ai_model_prices, ai_models, ai_provider_configs;
`;

/** Creates AI providers, models, dated prices, and the users' own keys. */
export class Models1764000002000 implements MigrationInterface {
  readonly name = 'Models1764000002000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(UP);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(DOWN);
  }
}
