import type { MigrationInterface, QueryRunner } from 'typeorm';

const UP = `
ALTER TABLE pull_request_reviews ADD COLUMN github_updated_at timestamptz;  -- drops late events

ALTER TABLE pull_request_comments ADD COLUMN github_review_id bigint;  -- a comment may arrive before its review
CREATE INDEX pull_requests_repo_created_idx ON pull_requests (repository_id, created_at DESC, id DESC);
CREATE INDEX pull_request_comments_github_review_idx ON pull_request_comments (pull_request_id, github_review_id) WHERE github_review_id IS NOT NULL;
`;

const DOWN = `
DROP INDEX pull_requests_repo_created_idx, pull_request_comments_github_review_idx;
ALTER TABLE pull_request_comments DROP COLUMN github_review_id;
ALTER TABLE pull_request_reviews DROP COLUMN github_updated_at;
`;

/** Lets reviews and their comments arrive late, twice and in any order. */
export class PullRequestMirror1764000038000 implements MigrationInterface {
  readonly name = 'PullRequestMirror1764000038000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(UP);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(DOWN);
  }
}
