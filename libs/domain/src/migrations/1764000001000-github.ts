import type { MigrationInterface, QueryRunner } from 'typeorm';

const UP = String.raw`
CREATE TABLE github_connections (  -- user-to-server OAuth tokens
  user_id                  uuid PRIMARY KEY REFERENCES users(id) ON DELETE CASCADE,
  github_user_id           bigint NOT NULL UNIQUE,
  login                    text NOT NULL,
  avatar_url               text,
  access_token_enc         bytea,
  access_token_expires_at  timestamptz,
  refresh_token_enc        bytea,
  refresh_token_expires_at timestamptz,
  key_version              smallint NOT NULL DEFAULT 1,
  status                   text NOT NULL DEFAULT 'connected' CHECK (status IN ('connected','expired','revoked')),
  connected_at             timestamptz NOT NULL DEFAULT now(),
  revoked_at               timestamptz,
  row_version              integer NOT NULL DEFAULT 1,
  created_at               timestamptz NOT NULL DEFAULT now(),
  updated_at               timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE github_installations (
  id                   uuid PRIMARY KEY,
  installation_id      bigint NOT NULL UNIQUE,
  app_id               bigint NOT NULL,
  organization_id      uuid REFERENCES organizations(id) ON DELETE SET NULL,
  account_id           bigint NOT NULL,
  account_login        text NOT NULL,
  account_type         text NOT NULL CHECK (account_type IN ('User','Organization','Enterprise')),
  repository_selection text NOT NULL CHECK (repository_selection IN ('all','selected')),
  permissions          jsonb NOT NULL DEFAULT '{}'::jsonb,
  events               text[] NOT NULL DEFAULT '{}',
  suspended_at         timestamptz,
  deleted_at           timestamptz,
  github_updated_at    timestamptz,
  sync_requested_at    timestamptz,  -- POST /repositories/sync: the row is the job
  synced_at            timestamptz,
  sync_error           text,
  row_version          integer NOT NULL DEFAULT 1,
  created_at           timestamptz NOT NULL DEFAULT now(),
  updated_at           timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX github_installations_org_idx     ON github_installations (organization_id);
CREATE INDEX github_installations_account_idx ON github_installations (account_id);
CREATE INDEX github_installations_sync_idx    ON github_installations (sync_requested_at) WHERE sync_requested_at IS NOT NULL AND (synced_at IS NULL OR synced_at < sync_requested_at);

CREATE TABLE repositories (
  id                   uuid PRIMARY KEY,
  organization_id      uuid NOT NULL REFERENCES organizations(id) ON DELETE RESTRICT,
  connected_by_user_id uuid REFERENCES users(id) ON DELETE SET NULL,
  installation_id      uuid REFERENCES github_installations(id) ON DELETE SET NULL,
  provider             text NOT NULL DEFAULT 'github' CHECK (provider IN ('github','git')),
  github_id            bigint,
  node_id              text,
  name                 text NOT NULL,
  full_name            text NOT NULL,
  description          text,
  is_private           boolean NOT NULL DEFAULT true,
  is_archived          boolean NOT NULL DEFAULT false,
  is_fork              boolean NOT NULL DEFAULT false,
  default_branch       text NOT NULL DEFAULT 'main',
  language             text,
  url                  text NOT NULL,
  clone_url            text NOT NULL,
  size_kb              bigint CHECK (size_kb >= 0),
  settings             jsonb NOT NULL DEFAULT '{}'::jsonb CHECK (jsonb_typeof(settings) = 'object'),
  status               text NOT NULL DEFAULT 'active' CHECK (status IN ('active','suspended','unavailable','disconnected')),
  last_pushed_at       timestamptz,
  last_synced_at       timestamptz,
  github_updated_at    timestamptz,
  disconnected_at      timestamptz,
  row_version          integer NOT NULL DEFAULT 1,
  created_at           timestamptz NOT NULL DEFAULT now(),
  updated_at           timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT repositories_github_id_ck CHECK (provider <> 'github' OR github_id IS NOT NULL),
  CONSTRAINT repositories_disconnected_ck CHECK ((status = 'disconnected') = (disconnected_at IS NOT NULL)),
  UNIQUE (id, organization_id)  -- target of composite tenant FKs
);
CREATE UNIQUE INDEX repositories_org_github_uq ON repositories (organization_id, github_id) WHERE github_id IS NOT NULL AND disconnected_at IS NULL;
CREATE UNIQUE INDEX repositories_org_clone_uq  ON repositories (organization_id, clone_url) WHERE provider = 'git' AND disconnected_at IS NULL;
CREATE INDEX repositories_org_list_idx         ON repositories (organization_id, created_at DESC, id DESC) WHERE disconnected_at IS NULL;
CREATE INDEX repositories_github_idx           ON repositories (github_id) WHERE disconnected_at IS NULL;
CREATE INDEX repositories_installation_idx     ON repositories (installation_id);
CREATE INDEX repositories_connected_by_idx     ON repositories (connected_by_user_id);

CREATE TABLE repository_secrets (  -- for the set-up command only, gone before the agent starts
  id              uuid PRIMARY KEY,
  organization_id uuid NOT NULL,
  repository_id   uuid NOT NULL,
  name            text NOT NULL CHECK (name ~ '^[A-Z][A-Z0-9_]{0,63}$'),
  value_enc       bytea NOT NULL,
  key_version     smallint NOT NULL DEFAULT 1,
  updated_by_user_id uuid REFERENCES users(id) ON DELETE SET NULL,
  row_version     integer NOT NULL DEFAULT 1,
  created_at      timestamptz NOT NULL DEFAULT now(),
  updated_at      timestamptz NOT NULL DEFAULT now(),
  UNIQUE (repository_id, name),
  CONSTRAINT repository_secrets_repository_fk FOREIGN KEY (repository_id, organization_id) REFERENCES repositories (id, organization_id) ON DELETE CASCADE
);

CREATE TABLE user_repository_access (
  id              uuid PRIMARY KEY,
  user_id         uuid NOT NULL REFERENCES users(id)        ON DELETE CASCADE,
  repository_id   uuid NOT NULL REFERENCES repositories(id) ON DELETE CASCADE,
  access_level    text NOT NULL CHECK (access_level IN ('read','write','admin')),
  github_role     text,
  is_collaborator boolean NOT NULL DEFAULT false,
  source          text NOT NULL DEFAULT 'github' CHECK (source IN ('github','manual','owner')),
  verified_at     timestamptz NOT NULL DEFAULT now(),
  added_at        timestamptz NOT NULL DEFAULT now(),
  UNIQUE (user_id, repository_id)
);
CREATE INDEX user_repository_access_repo_idx ON user_repository_access (repository_id);

CREATE TABLE repository_webhooks (  -- OAuth/PAT or GHES repositories; a GitHub App needs none
  id                   uuid PRIMARY KEY,
  repository_id        uuid NOT NULL REFERENCES repositories(id) ON DELETE CASCADE,
  github_webhook_id    bigint,
  url                  text NOT NULL,
  secret_enc           bytea NOT NULL,
  key_version          smallint NOT NULL DEFAULT 1,
  events               text[] NOT NULL CHECK (cardinality(events) > 0),
  is_active            boolean NOT NULL DEFAULT true,
  last_delivery_at     timestamptz,
  last_delivery_status integer,
  row_version          integer NOT NULL DEFAULT 1,
  created_at           timestamptz NOT NULL DEFAULT now(),
  updated_at           timestamptz NOT NULL DEFAULT now(),
  UNIQUE (repository_id, github_webhook_id)
);
CREATE UNIQUE INDEX repository_webhooks_url_uq ON repository_webhooks (repository_id, url);

CREATE TRIGGER github_connections_touch BEFORE UPDATE ON github_connections FOR EACH ROW EXECUTE FUNCTION touch_row();
CREATE TRIGGER github_installations_touch BEFORE UPDATE ON github_installations FOR EACH ROW EXECUTE FUNCTION touch_row();
CREATE TRIGGER repositories_touch BEFORE UPDATE ON repositories FOR EACH ROW EXECUTE FUNCTION touch_row();
CREATE TRIGGER repository_secrets_touch BEFORE UPDATE ON repository_secrets FOR EACH ROW EXECUTE FUNCTION touch_row();
CREATE TRIGGER repository_webhooks_touch BEFORE UPDATE ON repository_webhooks FOR EACH ROW EXECUTE FUNCTION touch_row();
`;

const DOWN = `
DROP TABLE repository_webhooks, user_repository_access, repository_secrets, repositories, github_installations, github_connections;
`;

/** Creates connections, installations, repositories and who may reach them. */
export class Github1764000001000 implements MigrationInterface {
  readonly name = 'Github1764000001000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(UP);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(DOWN);
  }
}
