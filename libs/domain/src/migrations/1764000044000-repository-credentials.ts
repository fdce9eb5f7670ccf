import type { MigrationInterface, QueryRunner } from 'typeorm';

const UP = `
CREATE TABLE repository_credentials (  -- how a plain git remote lets us in; never of a repository of GitHub, which has its App
  id              uuid PRIMARY KEY,
  organization_id uuid NOT NULL,
  repository_id   uuid NOT NULL UNIQUE,
  kind            text NOT NULL CHECK (kind IN ('basic','ssh')),
  username        text,
  secret_enc      bytea NOT NULL,
  key_version     smallint NOT NULL DEFAULT 1,
  public_key      text,
  host_keys       text[] NOT NULL DEFAULT '{}',
  updated_by_user_id uuid REFERENCES users(id) ON DELETE SET NULL,
  row_version     integer NOT NULL DEFAULT 1,
  created_at      timestamptz NOT NULL DEFAULT now(),
  updated_at      timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT repository_credentials_kind_ck CHECK (CASE kind WHEN 'basic' THEN username IS NOT NULL AND public_key IS NULL ELSE username IS NULL AND public_key IS NOT NULL AND cardinality(host_keys) > 0 END),
  CONSTRAINT repository_credentials_repository_fk FOREIGN KEY (repository_id, organization_id) REFERENCES repositories (id, organization_id) ON DELETE CASCADE
);
CREATE TRIGGER repository_credentials_touch BEFORE UPDATE ON repository_credentials FOR EACH ROW EXECUTE FUNCTION touch_row();
`;

/** What is in it is gone: it would have to be set again. */
const DOWN = `DROP TABLE repository_credentials;`;

/** Lets plain git remotes be private ones. */
export class RepositoryCredentials1764000044000 implements MigrationInterface {
  readonly name = 'RepositoryCredentials1764000044000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(UP);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(DOWN);
  }
}
