import type { MigrationInterface, QueryRunner } from 'typeorm';

const UP = String.raw`
CREATE TABLE tasks (
  id                      uuid PRIMARY KEY,
  organization_id         uuid NOT NULL REFERENCES organizations(id) ON DELETE RESTRICT,
  user_id                 uuid NOT NULL REFERENCES users(id) ON DELETE RESTRICT,
  repository_id           uuid NOT NULL,
  ai_model_id             uuid REFERENCES ai_models(id) ON DELETE RESTRICT,  -- NULL until 'auto' is resolved
  requested_model         text NOT NULL DEFAULT 'auto',
  api_key_id              uuid REFERENCES api_keys(id) ON DELETE SET NULL,
  parent_task_id          uuid REFERENCES tasks(id) ON DELETE SET NULL,  -- a child shares its parent's credit cap (one level)
  forked_from_task_id     uuid REFERENCES tasks(id) ON DELETE SET NULL,  -- a fork has a cap of its own
  mode                    text NOT NULL DEFAULT 'code' CHECK (mode IN ('code','debug','ask','documentation','architect','pr_review')),
  title                   text NOT NULL CHECK (char_length(title) BETWEEN 1 AND 255),
  description             text CHECK (char_length(description) <= 10000),
  prompt                  text NOT NULL CHECK (char_length(prompt) BETWEEN 1 AND 100000),
  priority                text NOT NULL DEFAULT 'medium' CHECK (priority IN ('low','medium','high')),
  branch                  text NOT NULL CHECK (char_length(branch) <= 255),  -- base ref the work starts from
  base_sha                text CHECK (base_sha ~ '^[0-9a-f]{40}([0-9a-f]{24})?$'),
  target_branch           text NOT NULL CHECK (char_length(target_branch) <= 255),
  work_branch             text CHECK (char_length(work_branch) <= 255),
  source                  text NOT NULL DEFAULT 'api' CHECK (source IN ('api','fork','plan','issue','mention','pull_request','check')),
  source_issue_number     integer CHECK (source_issue_number > 0),
  source_pull_request_id  uuid,  -- the pull request that it reviews or continues; its key comes with that table
  dedupe_key              text CHECK (char_length(dedupe_key) <= 255),  -- review:<repo>:<number>:<sha>, mention:<comment id> ...: one webhook, one task
  options                 jsonb NOT NULL DEFAULT '{}'::jsonb CHECK (jsonb_typeof(options) = 'object'),
  metadata                jsonb NOT NULL DEFAULT '{}'::jsonb CHECK (jsonb_typeof(metadata) = 'object' AND octet_length(metadata::text) <= 16384), -- the customer's own
  tags                    text[] NOT NULL DEFAULT '{}' CHECK (cardinality(tags) <= 20),
  status                  text NOT NULL DEFAULT 'queued' CHECK (status IN ('draft','scheduled','queued','provisioning','in_progress',
                            'waiting_for_approval','waiting_for_user','paused','publishing','completed','failed','cancelled','timed_out')),
  status_reason           text CHECK (status_reason ~ '^[a-z][a-z_]{1,63}$'),
  plan_status             text CHECK (plan_status IN ('proposed','approved','rejected')),
  plan_decided_at         timestamptz,
  plan_decided_by_user_id uuid REFERENCES users(id) ON DELETE SET NULL,
  verification            text CHECK (verification IN ('passed','failed','skipped')),  -- checks run by the platform, never by the model
  progress                smallint NOT NULL DEFAULT 0 CHECK (progress BETWEEN 0 AND 100),
  attempt_count           smallint NOT NULL DEFAULT 0,  -- number of the newest attempt
  failure_count           smallint NOT NULL DEFAULT 0 CHECK (failure_count >= 0), -- lost or failed in a row; a user's retry, message or resume sets 0
  max_attempts            smallint NOT NULL DEFAULT 3 CHECK (max_attempts BETWEEN 1 AND 10), -- limits failure_count
  estimated_credits_micro bigint CHECK (estimated_credits_micro >= 0),
  max_credits_micro       bigint CHECK (max_credits_micro > 0),  -- what was spent so far is in task_counters
  error_code              text,
  error_message           text CHECK (char_length(error_message) <= 10000),
  request_id              text,
  scheduled_at            timestamptz,
  queued_at               timestamptz,
  started_at              timestamptz,
  completed_at            timestamptz,
  deadline_at             timestamptz,
  cancel_requested_at     timestamptz,
  pause_requested_at      timestamptz,
  archived_at             timestamptz,
  row_version             integer NOT NULL DEFAULT 1,
  created_at              timestamptz NOT NULL DEFAULT now(),
  updated_at              timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT tasks_repository_fk FOREIGN KEY (repository_id, organization_id) REFERENCES repositories (id, organization_id) ON DELETE RESTRICT,
  CONSTRAINT tasks_completed_at_ck CHECK ((status IN ('completed','failed','cancelled','timed_out')) = (completed_at IS NOT NULL)),
  CONSTRAINT tasks_scheduled_at_ck CHECK (status <> 'scheduled' OR scheduled_at IS NOT NULL)
);
CREATE INDEX tasks_org_list_idx     ON tasks (organization_id, created_at DESC, id DESC) WHERE archived_at IS NULL;
CREATE INDEX tasks_org_status_idx   ON tasks (organization_id, status, created_at DESC, id DESC);
CREATE INDEX tasks_user_list_idx    ON tasks (user_id, created_at DESC, id DESC);
CREATE INDEX tasks_repo_list_idx    ON tasks (repository_id, created_at DESC, id DESC);
CREATE UNIQUE INDEX tasks_dedupe_uq ON tasks (organization_id, dedupe_key) WHERE dedupe_key IS NOT NULL;
CREATE INDEX tasks_issue_idx        ON tasks (repository_id, source_issue_number) WHERE source_issue_number IS NOT NULL;
CREATE INDEX tasks_schedule_idx     ON tasks (scheduled_at) WHERE status = 'scheduled';
CREATE INDEX tasks_deadline_idx     ON tasks (deadline_at) WHERE status IN ('queued','provisioning','in_progress','publishing') AND deadline_at IS NOT NULL;
CREATE INDEX tasks_live_by_org_idx  ON tasks (organization_id) WHERE status IN ('provisioning','in_progress','publishing');
CREATE INDEX tasks_parent_idx       ON tasks (parent_task_id) WHERE parent_task_id IS NOT NULL;
CREATE INDEX tasks_forked_idx       ON tasks (forked_from_task_id) WHERE forked_from_task_id IS NOT NULL;
CREATE INDEX tasks_api_key_idx      ON tasks (api_key_id) WHERE api_key_id IS NOT NULL;
CREATE INDEX tasks_model_idx        ON tasks (ai_model_id);
CREATE INDEX tasks_tags_idx         ON tasks USING gin (tags);

CREATE TABLE blobs (  -- bytes too big for a row (patch, git bundle, full output)
  id              uuid PRIMARY KEY,
  organization_id uuid NOT NULL REFERENCES organizations(id) ON DELETE RESTRICT,
  media_type      text NOT NULL,
  size_bytes      bigint NOT NULL CHECK (size_bytes BETWEEN 0 AND 33554432),
  content_sha256  bytea NOT NULL CHECK (octet_length(content_sha256) = 32),
  content         bytea NOT NULL,
  expires_at      timestamptz,
  created_at      timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT blobs_size_ck CHECK (octet_length(content) = size_bytes)
);
ALTER TABLE blobs ALTER COLUMN content SET STORAGE EXTERNAL;  -- not compressed: a range read fetches only its slice
CREATE INDEX blobs_org_idx    ON blobs (organization_id);
CREATE INDEX blobs_expiry_idx ON blobs (expires_at) WHERE expires_at IS NOT NULL;

CREATE TABLE task_attempts (  -- one execution; lease and fence
  id               uuid PRIMARY KEY,
  task_id          uuid NOT NULL REFERENCES tasks(id) ON DELETE CASCADE,
  number           smallint NOT NULL CHECK (number >= 1),
  cause            text NOT NULL DEFAULT 'start' CHECK (cause IN ('start','retry','message','resume','approval','worker_lost','publish')),
  status           text NOT NULL DEFAULT 'queued' CHECK (status IN ('queued','running','succeeded','failed','cancelled','timed_out','lost','suspended')),
  stage            text NOT NULL DEFAULT 'prepare' CHECK (stage IN ('prepare','agent','verify','publish','done')), -- where the next worker goes on
  available_at     timestamptz NOT NULL DEFAULT now(),  -- a provider's retry-after moves it ahead
  worker_id        text,  -- the queue's job id is the attempt's own id
  fence            bigint NOT NULL DEFAULT 0,  -- grows with every claim; writes carry it
  lease_expires_at timestamptz,
  heartbeat_at     timestamptz,
  ai_model_id      uuid REFERENCES ai_models(id) ON DELETE RESTRICT,
  api_key_id       uuid REFERENCES api_keys(id) ON DELETE SET NULL,
  workspace_ref    text,
  base_sha         text,
  head_sha         text,
  checkpoint       jsonb,  -- {step, commit, eventSeq}
  bundle_blob_id   uuid REFERENCES blobs(id) ON DELETE SET NULL,  -- git bundle since base: survives the worker's disk
  error_code       text,
  error_message    text CHECK (char_length(error_message) <= 10000),
  retryable        boolean,
  started_at       timestamptz,
  finished_at      timestamptz,
  created_at       timestamptz NOT NULL DEFAULT now(),
  UNIQUE (task_id, number),
  CONSTRAINT task_attempts_finished_at_ck CHECK ((status IN ('queued','running')) = (finished_at IS NULL)),
  CONSTRAINT task_attempts_lease_ck CHECK (status <> 'running' OR (lease_expires_at IS NOT NULL AND worker_id IS NOT NULL))
);
CREATE UNIQUE INDEX task_attempts_one_live_uq ON task_attempts (task_id) WHERE status IN ('queued','running');
CREATE INDEX task_attempts_queue_idx          ON task_attempts (available_at, id) WHERE status = 'queued';
CREATE INDEX task_attempts_lease_idx          ON task_attempts (lease_expires_at) WHERE status = 'running';
CREATE INDEX task_attempts_bundle_idx         ON task_attempts (bundle_blob_id) WHERE bundle_blob_id IS NOT NULL;

CREATE TABLE task_counters (  -- what moves while a task runs, kept off the wide tasks row
  task_id            uuid PRIMARY KEY REFERENCES tasks(id) ON DELETE CASCADE,
  last_event_seq     bigint NOT NULL DEFAULT 0,
  last_log_seq       bigint NOT NULL DEFAULT 0,
  last_message_seq   bigint NOT NULL DEFAULT 0,
  credits_used_micro bigint NOT NULL DEFAULT 0 CHECK (credits_used_micro >= 0),
  credits_held_micro bigint NOT NULL DEFAULT 0 CHECK (credits_held_micro >= 0),
  cost_nusd          bigint NOT NULL DEFAULT 0 CHECK (cost_nusd >= 0),
  model_calls        integer NOT NULL DEFAULT 0,
  input_tokens       bigint NOT NULL DEFAULT 0,
  cache_read_tokens  bigint NOT NULL DEFAULT 0,
  cache_write_tokens bigint NOT NULL DEFAULT 0,
  output_tokens      bigint NOT NULL DEFAULT 0,
  reasoning_tokens   bigint NOT NULL DEFAULT 0
) WITH (fillfactor = 50);

CREATE TABLE task_events (  -- what SSE replays
  task_id    uuid NOT NULL REFERENCES tasks(id) ON DELETE CASCADE,
  seq        bigint NOT NULL CHECK (seq > 0),
  attempt_id uuid REFERENCES task_attempts(id) ON DELETE SET NULL,
  type       text NOT NULL CHECK (type ~ '^[a-z][a-z_]*(\.[a-z][a-z_]*)?$' AND char_length(type) <= 64),
  data       jsonb NOT NULL DEFAULT '{}'::jsonb,  -- what readers see
  internal   jsonb,  -- what a resumed attempt needs; the worker alone reads it
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (task_id, seq)
);
CREATE INDEX task_events_attempt_idx ON task_events (attempt_id) WHERE attempt_id IS NOT NULL;

CREATE TABLE task_messages (  -- conversation with the user
  id             uuid PRIMARY KEY,
  task_id        uuid NOT NULL REFERENCES tasks(id) ON DELETE CASCADE,
  attempt_id     uuid REFERENCES task_attempts(id) ON DELETE SET NULL,
  seq            bigint NOT NULL CHECK (seq > 0),
  role           text NOT NULL CHECK (role IN ('user','assistant','system')),
  author_user_id uuid REFERENCES users(id) ON DELETE SET NULL,
  content        text NOT NULL CHECK (char_length(content) <= 200000),
  metadata       jsonb NOT NULL DEFAULT '{}'::jsonb,
  delivered_at   timestamptz,
  created_at     timestamptz NOT NULL DEFAULT now(),
  UNIQUE (task_id, seq)
);
CREATE INDEX task_messages_undelivered_idx ON task_messages (task_id) WHERE role = 'user' AND delivered_at IS NULL;

CREATE TABLE task_results (
  id             uuid PRIMARY KEY,
  task_id        uuid NOT NULL REFERENCES tasks(id) ON DELETE CASCADE,
  attempt_id     uuid REFERENCES task_attempts(id) ON DELETE SET NULL,
  result_type    text NOT NULL CHECK (result_type IN ('diff','patch','answer','plan','review','report')),
  title          text,
  summary        text,
  content        text,  -- inline up to 1 MiB
  blob_id        uuid REFERENCES blobs(id) ON DELETE SET NULL,  -- above that
  media_type     text NOT NULL DEFAULT 'text/markdown',
  content_sha256 bytea CHECK (octet_length(content_sha256) = 32),
  size_bytes     bigint NOT NULL DEFAULT 0 CHECK (size_bytes >= 0),
  file_path      text,
  metadata       jsonb NOT NULL DEFAULT '{}'::jsonb,
  created_at     timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT task_results_inline_size_ck CHECK (content IS NULL OR octet_length(content) <= 1048576),
  CONSTRAINT task_results_one_place_ck CHECK (content IS NULL OR blob_id IS NULL)
);
CREATE INDEX task_results_task_idx ON task_results (task_id, created_at, id);
CREATE INDEX task_results_blob_idx ON task_results (blob_id) WHERE blob_id IS NOT NULL;
CREATE UNIQUE INDEX task_results_once_uq ON task_results (attempt_id, result_type, coalesce(file_path, '')) WHERE attempt_id IS NOT NULL;

CREATE TABLE task_effects (  -- outside effects; intent row -> do -> record
  id          uuid PRIMARY KEY,
  task_id     uuid NOT NULL REFERENCES tasks(id) ON DELETE CASCADE,
  attempt_id  uuid REFERENCES task_attempts(id) ON DELETE SET NULL,
  kind        text NOT NULL CHECK (kind IN ('push','pull_request','review','comment','check_run','branch_delete')),
  effect_key  text NOT NULL UNIQUE CHECK (char_length(effect_key) <= 255),  -- pull_request-<task>, review-<task>-<head sha> ...
  status      text NOT NULL DEFAULT 'intended' CHECK (status IN ('intended','done','failed')),
  intent      jsonb NOT NULL DEFAULT '{}'::jsonb,
  result      jsonb,
  error_code  text,
  created_at  timestamptz NOT NULL DEFAULT now(),
  finished_at timestamptz,
  CONSTRAINT task_effects_finished_at_ck CHECK ((status = 'intended') = (finished_at IS NULL))
);
CREATE INDEX task_effects_task_idx    ON task_effects (task_id, created_at);
CREATE INDEX task_effects_attempt_idx ON task_effects (attempt_id) WHERE attempt_id IS NOT NULL;

CREATE TABLE task_logs (  -- range-partitioned by month
  task_id    uuid NOT NULL REFERENCES tasks(id) ON DELETE CASCADE,
  seq        bigint NOT NULL CHECK (seq > 0),
  created_at timestamptz NOT NULL DEFAULT now(),
  attempt_id uuid,  -- no FK: hot path, attempts are never deleted alone
  level      text NOT NULL CHECK (level IN ('trace','debug','info','warn','error')),
  source     text NOT NULL DEFAULT 'agent' CHECK (source IN ('system','agent','tool','git','setup','verify')),
  stream     text CHECK (stream IN ('stdout','stderr')),
  message    text NOT NULL CHECK (octet_length(message) <= 65536),
  metadata   jsonb,
  PRIMARY KEY (task_id, seq, created_at)
) PARTITION BY RANGE (created_at);
CREATE TABLE task_logs_default PARTITION OF task_logs DEFAULT;
CREATE INDEX task_logs_problem_idx ON task_logs (task_id, seq) WHERE level IN ('warn','error');

CREATE FUNCTION ensure_task_log_partitions(months_ahead integer DEFAULT 3) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE m timestamptz; n integer := 0; name text;
BEGIN
  FOR i IN 0..months_ahead LOOP
    m := (date_trunc('month', now() AT TIME ZONE 'UTC') + make_interval(months => i)) AT TIME ZONE 'UTC';
    name := 'task_logs_' || to_char(m AT TIME ZONE 'UTC', 'YYYY_MM');
    IF to_regclass(name) IS NULL THEN
      EXECUTE format('CREATE TABLE %I PARTITION OF task_logs FOR VALUES FROM (%L) TO (%L)', name, m,
                     ((m AT TIME ZONE 'UTC') + interval '1 month') AT TIME ZONE 'UTC');
      n := n + 1;
    END IF;
  END LOOP;
  RETURN n;
END $$;
CREATE FUNCTION drop_task_log_partitions(keep_months integer) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE r record; n integer := 0; oldest text;
BEGIN
  oldest := 'task_logs_' || to_char((now() AT TIME ZONE 'UTC') - make_interval(months => keep_months), 'YYYY_MM');
  FOR r IN SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
           WHERE i.inhparent = 'task_logs'::regclass AND c.relname ~ '^task_logs_\d{4}_\d{2}$' AND c.relname < oldest LOOP
    EXECUTE format('DROP TABLE %I', r.relname); n := n + 1;
  END LOOP;
  RETURN n;
END $$;
SELECT ensure_task_log_partitions(3);

CREATE TABLE task_analytics (  -- one row a task
  id                  uuid PRIMARY KEY,
  task_id             uuid NOT NULL UNIQUE REFERENCES tasks(id) ON DELETE CASCADE,
  succeeded           boolean NOT NULL,
  execution_time_ms   bigint NOT NULL DEFAULT 0 CHECK (execution_time_ms >= 0),
  queue_time_ms       bigint NOT NULL DEFAULT 0,
  provision_time_ms   bigint NOT NULL DEFAULT 0,
  model_time_ms       bigint NOT NULL DEFAULT 0,
  tool_time_ms        bigint NOT NULL DEFAULT 0,
  input_tokens        bigint NOT NULL DEFAULT 0,
  cache_read_tokens   bigint NOT NULL DEFAULT 0,
  cache_write_tokens  bigint NOT NULL DEFAULT 0,
  output_tokens       bigint NOT NULL DEFAULT 0,
  reasoning_tokens    bigint NOT NULL DEFAULT 0,
  model_calls         integer NOT NULL DEFAULT 0,
  tool_calls          integer NOT NULL DEFAULT 0,
  lines_added         integer NOT NULL DEFAULT 0,
  lines_deleted       integer NOT NULL DEFAULT 0,
  files_modified      integer NOT NULL DEFAULT 0,
  tests_passed        integer,
  tests_failed        integer,
  error_count         integer NOT NULL DEFAULT 0,
  attempt_count       smallint NOT NULL DEFAULT 1,
  performance_score   smallint CHECK (performance_score BETWEEN 0 AND 100),
  pull_request_merged boolean,
  created_at          timestamptz NOT NULL DEFAULT now(),
  updated_at          timestamptz NOT NULL DEFAULT now(),
  row_version         integer NOT NULL DEFAULT 1
);

CREATE TRIGGER tasks_touch BEFORE UPDATE ON tasks FOR EACH ROW EXECUTE FUNCTION touch_row();
CREATE TRIGGER task_analytics_touch BEFORE UPDATE ON task_analytics FOR EACH ROW EXECUTE FUNCTION touch_row();
`;

const DOWN = `
DROP TABLE task_analytics, task_logs, task_effects, task_results, task_messages, task_events, task_counters, task_attempts, blobs, tasks;
DROP FUNCTION ensure_task_log_partitions(integer), drop_task_log_partitions(integer);
`;

/** Creates tasks, attempts, events, results, logs. */
export class Tasks1764000003000 implements MigrationInterface {
  readonly name = 'Tasks1764000003000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(UP);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(DOWN);
  }
}
