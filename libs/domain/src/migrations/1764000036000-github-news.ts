import type { MigrationInterface, QueryRunner } from 'typeorm';

const UP = `
CREATE TABLE commit_checks (  -- what GitHub tells of the checks of commits
  id                uuid PRIMARY KEY,
  repository_id     uuid NOT NULL REFERENCES repositories(id) ON DELETE CASCADE,
  head_sha          text NOT NULL CHECK (char_length(head_sha) BETWEEN 40 AND 64),
  kind              text NOT NULL CHECK (kind IN ('check_run','check_suite','status','workflow_run')),
  check_key         text NOT NULL,  -- GitHub's id; of a status its context, for each change of one has an id of its own
  github_id         bigint NOT NULL,
  name              text NOT NULL,
  state             text NOT NULL CHECK (state IN ('passed','failed','pending','waiting','skipped')),
  conclusion        text NOT NULL,  -- in GitHub's words: its conclusion, or its status until there is one
  app_id            bigint,         -- of the App that reports it; null: a status
  head_branch       text,
  url               text,
  started_at        timestamptz,
  completed_at      timestamptz,
  github_updated_at timestamptz NOT NULL,  -- drops late events; within a second what is further counts
  progress          smallint NOT NULL DEFAULT 0 CHECK (progress BETWEEN 0 AND 2),
  created_at        timestamptz NOT NULL DEFAULT now(),
  UNIQUE (repository_id, head_sha, kind, check_key)
);
CREATE INDEX commit_checks_created_idx ON commit_checks (created_at);

CREATE TABLE webhook_sweeps (  -- how far a sender's own list of deliveries was read
  source      text PRIMARY KEY CHECK (source IN ('github')),
  swept_until timestamptz,  -- all deliveries up to here are settled
  pass_newest timestamptz,  -- a pass that did not get to its end: where it began
  pass_cursor text,         -- and where it goes on
  swept_at    timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE webhook_redeliveries (  -- deliveries that never came, asked for again
  source        text NOT NULL CHECK (source IN ('github')),
  delivery_id   text NOT NULL,
  times         smallint NOT NULL DEFAULT 1 CHECK (times > 0),
  last_asked_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (source, delivery_id)
);
CREATE INDEX webhook_redeliveries_asked_idx ON webhook_redeliveries (last_asked_at);
`;

const DOWN = `
DROP TABLE webhook_redeliveries, webhook_sweeps, commit_checks;
`;

/** Keeps the checks of commits, and what was done to find lost webhooks. */
export class GithubNews1764000036000 implements MigrationInterface {
  readonly name = 'GithubNews1764000036000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(UP);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(DOWN);
  }
}
