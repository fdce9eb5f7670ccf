import type { MigrationInterface, QueryRunner } from 'typeorm';
import { withShortLocks } from './short-locks';

const UP = `
CREATE TABLE usage_stats (  -- daily sums of calls, one row a kind; the id is made of the kind
  id                 uuid PRIMARY KEY,
  organization_id    uuid NOT NULL REFERENCES organizations(id) ON DELETE CASCADE,
  date               date NOT NULL,
  subscription_id    uuid,  -- no foreign keys: a sum outlives what it names
  model_id           uuid,
  user_id            uuid,
  repository_id      uuid,
  mode               text,
  api_key_id         uuid,  -- NULL = platform key
  purpose            text NOT NULL,
  calls              bigint NOT NULL DEFAULT 0,
  failed_calls       bigint NOT NULL DEFAULT 0,
  input_tokens       bigint NOT NULL DEFAULT 0,
  cache_read_tokens  bigint NOT NULL DEFAULT 0,
  cache_write_tokens bigint NOT NULL DEFAULT 0,
  output_tokens      bigint NOT NULL DEFAULT 0,
  reasoning_tokens   bigint NOT NULL DEFAULT 0,
  credits_micro      bigint NOT NULL DEFAULT 0,
  cost_nusd          bigint NOT NULL DEFAULT 0,
  timed_calls        bigint NOT NULL DEFAULT 0,
  latency_ms_sum     bigint NOT NULL DEFAULT 0,
  latency_ms_max     integer NOT NULL DEFAULT 0,
  latency_classes    integer[] NOT NULL DEFAULT '{}'
) WITH (fillfactor = 70);
CREATE INDEX usage_stats_org_idx ON usage_stats (organization_id, date);

CREATE TABLE usage_stat_tasks (
  stat_id uuid NOT NULL REFERENCES usage_stats(id) ON DELETE CASCADE,
  task_id uuid NOT NULL,
  PRIMARY KEY (stat_id, task_id)
);

CREATE TABLE unfolded_usage (  -- calls that are in no sum yet
  organization_id uuid NOT NULL,
  usage_id        uuid NOT NULL,
  PRIMARY KEY (organization_id, usage_id)
);

CREATE TABLE model_usage_redos (  -- days of model_usage_stats that got calls after they were over
  model_id uuid NOT NULL REFERENCES ai_models(id) ON DELETE CASCADE,
  date     date NOT NULL,
  PRIMARY KEY (model_id, date)
);

CREATE TABLE credit_stats (  -- daily sums of credit_transactions
  organization_id uuid NOT NULL REFERENCES organizations(id) ON DELETE CASCADE,
  date            date NOT NULL,
  spent_micro     bigint NOT NULL DEFAULT 0,
  granted_micro   bigint NOT NULL DEFAULT 0,
  purchased_micro bigint NOT NULL DEFAULT 0,
  expired_micro   bigint NOT NULL DEFAULT 0,
  net_micro       bigint NOT NULL DEFAULT 0,
  PRIMARY KEY (organization_id, date)
);

CREATE TABLE credit_stat_marks (  -- up to which transaction they are in the sums
  organization_id uuid PRIMARY KEY REFERENCES organizations(id) ON DELETE CASCADE,
  seq             bigint NOT NULL
);

CREATE FUNCTION note_unfolded_usage() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO unfolded_usage (organization_id, usage_id) SELECT organization_id, id FROM added ON CONFLICT DO NOTHING;
  RETURN NULL;
END $$;
CREATE TRIGGER api_key_usage_logs_unfolded AFTER INSERT ON api_key_usage_logs REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION note_unfolded_usage();
`;

const DOWN = `
DROP TRIGGER api_key_usage_logs_unfolded ON api_key_usage_logs;
DROP FUNCTION note_unfolded_usage();
DROP TABLE credit_stat_marks, credit_stats, model_usage_redos, unfolded_usage, usage_stat_tasks, usage_stats;
`;

/** Keeps daily sums of calls and credits, and notes each new call until it is in them. */
export class Analytics1764000050000 implements MigrationInterface {
  readonly name = 'Analytics1764000050000';
  readonly transaction = false;

  async up(runner: QueryRunner): Promise<void> {
    await withShortLocks(runner, () => runner.query(UP));
  }

  async down(runner: QueryRunner): Promise<void> {
    await withShortLocks(runner, () => runner.query(DOWN));
  }
}
