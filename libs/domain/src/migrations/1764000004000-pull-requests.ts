import type { MigrationInterface, QueryRunner } from 'typeorm';

const UP = String.raw`
CREATE TABLE pull_requests (
  id                 uuid PRIMARY KEY,
  repository_id      uuid NOT NULL REFERENCES repositories(id) ON DELETE CASCADE,
  task_id            uuid REFERENCES tasks(id) ON DELETE SET NULL,
  github_pr_id       bigint,
  node_id            text,
  pr_number          integer NOT NULL CHECK (pr_number > 0),
  title              text NOT NULL,
  description        text,
  source_branch      text NOT NULL,
  target_branch      text NOT NULL,
  head_sha           text,
  base_sha           text,
  merge_commit_sha   text,
  status             text NOT NULL CHECK (status IN ('open','draft','merged','closed')),
  origin             text NOT NULL DEFAULT 'external' CHECK (origin IN ('agent','external')),
  author_login       text,
  author_user_id     uuid REFERENCES users(id) ON DELETE SET NULL,
  additions          integer,
  deletions          integer,
  changed_files      integer,
  mergeable          boolean,
  mergeable_state    text,
  url                text NOT NULL,
  github_created_at  timestamptz,
  github_updated_at  timestamptz,
  merged_at          timestamptz,
  merged_by_login    text,
  closed_at          timestamptz,
  row_version        integer NOT NULL DEFAULT 1,
  created_at         timestamptz NOT NULL DEFAULT now(),
  updated_at         timestamptz NOT NULL DEFAULT now(),
  UNIQUE (repository_id, pr_number),
  UNIQUE (repository_id, github_pr_id),
  CONSTRAINT pull_requests_merged_at_ck CHECK (status <> 'merged' OR merged_at IS NOT NULL)
);
CREATE UNIQUE INDEX pull_requests_open_head_uq ON pull_requests (repository_id, source_branch, target_branch) WHERE origin = 'agent' AND status IN ('open','draft');
CREATE INDEX pull_requests_repo_list_idx ON pull_requests (repository_id, status, created_at DESC, id DESC);
CREATE INDEX pull_requests_task_idx      ON pull_requests (task_id) WHERE task_id IS NOT NULL;
CREATE INDEX pull_requests_head_idx      ON pull_requests (repository_id, head_sha);
CREATE INDEX pull_requests_author_idx    ON pull_requests (author_user_id) WHERE author_user_id IS NOT NULL;
ALTER TABLE tasks ADD CONSTRAINT tasks_source_pr_fk FOREIGN KEY (source_pull_request_id) REFERENCES pull_requests(id) ON DELETE SET NULL;
CREATE INDEX tasks_source_pr_idx ON tasks (source_pull_request_id) WHERE source_pull_request_id IS NOT NULL;

CREATE TABLE pull_request_reviews (
  id                uuid PRIMARY KEY,
  pull_request_id   uuid NOT NULL REFERENCES pull_requests(id) ON DELETE CASCADE,
  task_id           uuid REFERENCES tasks(id) ON DELETE SET NULL,
  github_review_id  bigint,
  node_id           text,
  reviewer_user_id  uuid REFERENCES users(id) ON DELETE SET NULL,
  reviewer_login    text,
  state             text NOT NULL CHECK (state IN ('pending','approved','changes_requested','commented','dismissed')),
  body              text,
  commit_sha        text,
  url               text,
  submitted_at      timestamptz,
  row_version       integer NOT NULL DEFAULT 1,
  created_at        timestamptz NOT NULL DEFAULT now(),
  updated_at        timestamptz NOT NULL DEFAULT now(),
  UNIQUE (pull_request_id, github_review_id)
);
CREATE INDEX pull_request_reviews_list_idx ON pull_request_reviews (pull_request_id, submitted_at, id);
CREATE INDEX pull_request_reviews_task_idx ON pull_request_reviews (task_id) WHERE task_id IS NOT NULL;
CREATE INDEX pull_request_reviews_reviewer_idx ON pull_request_reviews (reviewer_user_id) WHERE reviewer_user_id IS NOT NULL;

CREATE TABLE pull_request_comments (
  id                    uuid PRIMARY KEY,
  pull_request_id       uuid NOT NULL REFERENCES pull_requests(id) ON DELETE CASCADE,
  review_id             uuid REFERENCES pull_request_reviews(id) ON DELETE SET NULL,
  kind                  text NOT NULL CHECK (kind IN ('review','issue')),  -- two id spaces at GitHub
  github_comment_id     bigint,
  in_reply_to_github_id bigint,
  thread_node_id        text,
  author_user_id        uuid REFERENCES users(id) ON DELETE SET NULL,
  author_login          text,
  body                  text NOT NULL,
  file_path             text,
  subject_type          text CHECK (subject_type IN ('line','file')),
  line                  integer CHECK (line > 0),
  side                  text CHECK (side IN ('LEFT','RIGHT')),
  start_line            integer CHECK (start_line > 0),
  start_side            text CHECK (start_side IN ('LEFT','RIGHT')),
  original_line         integer,
  commit_sha            text,
  diff_hunk             text,
  is_resolved           boolean NOT NULL DEFAULT false,
  is_outdated           boolean NOT NULL DEFAULT false,
  url                   text,
  github_updated_at     timestamptz,
  deleted_at            timestamptz,
  row_version           integer NOT NULL DEFAULT 1,
  created_at            timestamptz NOT NULL DEFAULT now(),
  updated_at            timestamptz NOT NULL DEFAULT now(),
  UNIQUE (pull_request_id, kind, github_comment_id),
  CONSTRAINT pull_request_comments_kind_ck CHECK (kind = 'review' OR (file_path IS NULL AND line IS NULL)),
  CONSTRAINT pull_request_comments_lines_ck CHECK (start_line IS NULL OR (line IS NOT NULL AND (start_line <= line OR start_side IS DISTINCT FROM side)))
);
CREATE INDEX pull_request_comments_list_idx   ON pull_request_comments (pull_request_id, created_at, id) WHERE deleted_at IS NULL;
CREATE INDEX pull_request_comments_thread_idx ON pull_request_comments (thread_node_id) WHERE thread_node_id IS NOT NULL;
CREATE INDEX pull_request_comments_review_idx ON pull_request_comments (review_id) WHERE review_id IS NOT NULL;
CREATE INDEX pull_request_comments_author_idx ON pull_request_comments (author_user_id) WHERE author_user_id IS NOT NULL;

CREATE TABLE review_findings (  -- one review remark, followed across pushes
  id                 uuid PRIMARY KEY,
  organization_id    uuid NOT NULL REFERENCES organizations(id) ON DELETE RESTRICT,
  repository_id      uuid NOT NULL,
  pull_request_id    uuid REFERENCES pull_requests(id) ON DELETE CASCADE,  -- NULL: a review of two refs
  task_id            uuid NOT NULL REFERENCES tasks(id) ON DELETE CASCADE,  -- the review that saw it last
  attempt_id         uuid REFERENCES task_attempts(id) ON DELETE SET NULL,
  fingerprint        text NOT NULL CHECK (fingerprint ~ '^[0-9a-f]{64}$'),  -- SHA-256 of file, category and the flagged lines, white space normalised
  severity           text NOT NULL CHECK (severity IN ('low','medium','high','critical')),
  confidence         text NOT NULL CHECK (confidence IN ('low','medium','high')),
  category           text NOT NULL CHECK (category ~ '^[a-z][a-z_]{1,39}$'),
  title              text NOT NULL CHECK (char_length(title) BETWEEN 1 AND 120),
  body               text NOT NULL CHECK (char_length(body) <= 10000),
  suggestion         text CHECK (char_length(suggestion) <= 2000),
  file               text NOT NULL CHECK (char_length(file) <= 4096),
  side               text NOT NULL DEFAULT 'RIGHT' CHECK (side IN ('LEFT','RIGHT')),
  start_line         integer CHECK (start_line > 0),
  end_line           integer CHECK (end_line > 0),  -- NULL: the whole file
  pre_existing       boolean NOT NULL DEFAULT false,
  score              smallint CHECK (score BETWEEN 0 AND 10),  -- second pass
  status             text NOT NULL DEFAULT 'open' CHECK (status IN ('open','resolved','dismissed')),
  surfaced           text CHECK (surfaced IN ('inline','summary','suppressed')),  -- NULL until published
  first_seen_sha     text NOT NULL,
  last_confirmed_sha text NOT NULL,
  github_comment_id  bigint,
  thread_node_id     text,
  dismissed_by_user_id uuid REFERENCES users(id) ON DELETE SET NULL,
  dismissed_reason   text CHECK (char_length(dismissed_reason) <= 1000),
  closed_at          timestamptz,
  row_version        integer NOT NULL DEFAULT 1,
  created_at         timestamptz NOT NULL DEFAULT now(),
  updated_at         timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT review_findings_repository_fk FOREIGN KEY (repository_id, organization_id) REFERENCES repositories (id, organization_id) ON DELETE RESTRICT,
  UNIQUE (pull_request_id, fingerprint),
  CONSTRAINT review_findings_closed_at_ck CHECK ((status = 'open') = (closed_at IS NULL)),
  CONSTRAINT review_findings_lines_ck CHECK (start_line IS NULL OR (end_line IS NOT NULL AND start_line <= end_line))
);
CREATE UNIQUE INDEX review_findings_refs_uq ON review_findings (task_id, fingerprint) WHERE pull_request_id IS NULL;
CREATE INDEX review_findings_task_idx      ON review_findings (task_id, created_at, id);
CREATE INDEX review_findings_attempt_idx   ON review_findings (attempt_id) WHERE attempt_id IS NOT NULL;
CREATE INDEX review_findings_comment_idx   ON review_findings (pull_request_id, github_comment_id) WHERE github_comment_id IS NOT NULL;
CREATE INDEX review_findings_dismissed_idx ON review_findings (repository_id, fingerprint) WHERE status = 'dismissed';

CREATE TRIGGER pull_requests_touch BEFORE UPDATE ON pull_requests FOR EACH ROW EXECUTE FUNCTION touch_row();
CREATE TRIGGER pull_request_reviews_touch BEFORE UPDATE ON pull_request_reviews FOR EACH ROW EXECUTE FUNCTION touch_row();
CREATE TRIGGER pull_request_comments_touch BEFORE UPDATE ON pull_request_comments FOR EACH ROW EXECUTE FUNCTION touch_row();
CREATE TRIGGER review_findings_touch BEFORE UPDATE ON review_findings FOR EACH ROW EXECUTE FUNCTION touch_row();
`;

const DOWN = `
DROP INDEX tasks_source_pr_idx;
ALTER TABLE tasks DROP CONSTRAINT tasks_source_pr_fk;
DROP TABLE review_findings, pull_request_comments, pull_request_reviews, pull_requests;
`;

/** Creates pull requests, reviews, comments, findings. */
export class PullRequests1764000004000 implements MigrationInterface {
  readonly name = 'PullRequests1764000004000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(UP);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(DOWN);
  }
}
