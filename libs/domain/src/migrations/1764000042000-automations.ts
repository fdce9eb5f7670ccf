import type { MigrationInterface, QueryRunner } from 'typeorm';

const SOURCES = `'api','fork','plan','issue','mention','pull_request','check','candidate'`;

const UP = `
CREATE TABLE automations (
  id                          uuid PRIMARY KEY,
  organization_id             uuid NOT NULL REFERENCES organizations(id) ON DELETE CASCADE,
  repository_id               uuid NOT NULL,
  user_id                     uuid NOT NULL REFERENCES users(id) ON DELETE CASCADE,  -- whose tasks they become
  name                        text NOT NULL CHECK (char_length(name) BETWEEN 1 AND 100),
  kind                        text NOT NULL CHECK (kind IN ('schedule','issue_label','mention','pull_request','failed_check','api')),
  trigger                     jsonb NOT NULL DEFAULT '{}'::jsonb CHECK (jsonb_typeof(trigger) = 'object'),
  filter                      jsonb NOT NULL DEFAULT '{}'::jsonb CHECK (jsonb_typeof(filter) = 'object'),
  template                    jsonb NOT NULL CHECK (jsonb_typeof(template) = 'object'),
  max_credits_per_run_micro   bigint CHECK (max_credits_per_run_micro > 0),
  max_credits_per_month_micro bigint CHECK (max_credits_per_month_micro > 0),
  is_enabled                  boolean NOT NULL DEFAULT true,
  enabled_at                  timestamptz NOT NULL DEFAULT now(),  -- failures before it are forgotten
  disabled_reason             text,                                -- why it disabled itself; null: a person did, or it is enabled
  next_run_at                 timestamptz,                         -- the tick that comes next; missed ones run once
  last_run_at                 timestamptz,
  row_version                 integer NOT NULL DEFAULT 1,
  created_at                  timestamptz NOT NULL DEFAULT now(),
  updated_at                  timestamptz NOT NULL DEFAULT now(),
  UNIQUE (id, organization_id),
  CONSTRAINT automations_repository_fk FOREIGN KEY (repository_id, organization_id) REFERENCES repositories (id, organization_id) ON DELETE CASCADE,
  CONSTRAINT automations_next_run_ck CHECK (next_run_at IS NULL OR kind = 'schedule')
);
CREATE INDEX automations_org_list_idx ON automations (organization_id, created_at DESC, id DESC);
CREATE INDEX automations_events_idx   ON automations (repository_id, kind) WHERE is_enabled;
CREATE INDEX automations_due_idx      ON automations (next_run_at) WHERE is_enabled AND next_run_at IS NOT NULL;
CREATE INDEX automations_user_idx     ON automations (user_id);
CREATE TRIGGER automations_touch BEFORE UPDATE ON automations FOR EACH ROW EXECUTE FUNCTION touch_row();

ALTER TABLE tasks ADD COLUMN automation_id uuid REFERENCES automations(id) ON DELETE SET NULL;
CREATE INDEX tasks_automation_idx ON tasks (automation_id, created_at) WHERE automation_id IS NOT NULL;
ALTER TABLE tasks DROP CONSTRAINT tasks_source_check;
ALTER TABLE tasks ADD CONSTRAINT tasks_source_check CHECK (source IN (${SOURCES},'automation'));

CREATE TABLE automation_runs (
  id            uuid PRIMARY KEY,
  automation_id uuid NOT NULL REFERENCES automations(id) ON DELETE CASCADE,
  occasion      text NOT NULL CHECK (char_length(occasion) BETWEEN 1 AND 255),  -- schedule:<tick>, issue:<number>, mention:<comment id> ...: one run for each
  status        text NOT NULL CHECK (status IN ('started','skipped','failed')),
  reason        text,                                                            -- why it was skipped or failed
  task_id       uuid REFERENCES tasks(id) ON DELETE SET NULL,
  event         jsonb NOT NULL DEFAULT '{}'::jsonb,
  created_at    timestamptz NOT NULL DEFAULT now(),
  UNIQUE (automation_id, occasion)
);
CREATE INDEX automation_runs_list_idx ON automation_runs (automation_id, created_at DESC, id DESC);
CREATE INDEX automation_runs_task_idx ON automation_runs (task_id) WHERE task_id IS NOT NULL;

CREATE TABLE check_watches (
  id            uuid PRIMARY KEY,
  repository_id uuid NOT NULL REFERENCES repositories(id) ON DELETE CASCADE,
  task_id       uuid NOT NULL REFERENCES tasks(id) ON DELETE CASCADE,
  pr_number     integer NOT NULL CHECK (pr_number > 0),
  head_sha      text NOT NULL CHECK (char_length(head_sha) BETWEEN 40 AND 64),
  status        text NOT NULL DEFAULT 'watching' CHECK (status IN ('watching','idle','stopped')),
  rounds        smallint NOT NULL DEFAULT 0 CHECK (rounds >= 0),  -- messages that this head led to
  waits_told    boolean NOT NULL DEFAULT false,                   -- the task was told that its checks wait for somebody
  due_at        timestamptz NOT NULL,                             -- when it has been quiet for long enough
  created_at    timestamptz NOT NULL DEFAULT now(),
  UNIQUE (repository_id, head_sha)
);
CREATE INDEX check_watches_due_idx  ON check_watches (due_at) WHERE status = 'watching';
CREATE INDEX check_watches_task_idx ON check_watches (task_id, created_at);
`;

const DOWN = `
DROP TABLE check_watches;
DROP TABLE automation_runs;
UPDATE tasks SET source = 'api' WHERE source = 'automation';
ALTER TABLE tasks DROP CONSTRAINT tasks_source_check;
ALTER TABLE tasks ADD CONSTRAINT tasks_source_check CHECK (source IN (${SOURCES}));
DROP INDEX tasks_automation_idx;
ALTER TABLE tasks DROP COLUMN automation_id;
DROP TABLE automations;
`;

/** Tasks that start themselves: by a rule of the organization's, and after checks that failed. */
export class Automations1764000042000 implements MigrationInterface {
  readonly name = 'Automations1764000042000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(UP);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(DOWN);
  }
}
