import type { MigrationInterface, QueryRunner } from 'typeorm';

const UP = `
ALTER TABLE oauth_states  -- a state is good for one purpose, in one organization, in the browser that began it
  ADD COLUMN purpose         text NOT NULL DEFAULT 'connect' CONSTRAINT oauth_states_purpose_check CHECK (purpose IN ('connect','install')),
  ADD COLUMN organization_id uuid REFERENCES organizations(id) ON DELETE CASCADE,
  ADD COLUMN redirect_uri    text,
  ADD COLUMN browser_hash    bytea CONSTRAINT oauth_states_browser_hash_check CHECK (octet_length(browser_hash) = 32);
CREATE INDEX oauth_states_user_idx ON oauth_states (user_id, created_at);

ALTER TABLE user_repository_access DROP CONSTRAINT user_repository_access_access_level_check;
ALTER TABLE user_repository_access ADD CONSTRAINT user_repository_access_access_level_check CHECK (access_level IN ('none','read','write','admin'));

ALTER TABLE github_installations  -- where a sync stands: another worker goes on there
  ADD COLUMN sync_started_at   timestamptz,
  ADD COLUMN sync_page         integer NOT NULL DEFAULT 1 CONSTRAINT github_installations_sync_page_check CHECK (sync_page >= 1),
  ADD COLUMN sync_failures     smallint NOT NULL DEFAULT 0,
  ADD COLUMN sync_not_before   timestamptz;
`;

const DOWN = `
ALTER TABLE github_installations DROP COLUMN sync_started_at, DROP COLUMN sync_page, DROP COLUMN sync_failures, DROP COLUMN sync_not_before;
DELETE FROM user_repository_access WHERE access_level = 'none';
ALTER TABLE user_repository_access DROP CONSTRAINT user_repository_access_access_level_check;
ALTER TABLE user_repository_access ADD CONSTRAINT user_repository_access_access_level_check CHECK (access_level IN ('read','write','admin'));
DROP INDEX oauth_states_user_idx;
ALTER TABLE oauth_states DROP COLUMN purpose, DROP COLUMN organization_id, DROP COLUMN redirect_uri, DROP COLUMN browser_hash;
`;

/** Binds OAuth states to a browser and a purpose, keeps "no access" as an answer, and lets a sync be taken up where it stopped. */
export class GithubAccess1764000034000 implements MigrationInterface {
  readonly name = 'GithubAccess1764000034000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(UP);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(DOWN);
  }
}
