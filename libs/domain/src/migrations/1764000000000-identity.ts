import type { MigrationInterface, QueryRunner } from 'typeorm';

const UP = String.raw`
CREATE FUNCTION touch_row() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.updated_at  := now();
  NEW.row_version := OLD.row_version + 1;
  RETURN NEW;
END $$;

CREATE FUNCTION forbid_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;

CREATE TABLE users (
  id                     uuid PRIMARY KEY,
  clerk_id               text UNIQUE,
  clerk_updated_at       timestamptz,
  email                  text NOT NULL CHECK (char_length(email) <= 320 AND position('@' in email) > 1),
  email_verified_at      timestamptz,
  username               text NOT NULL CHECK (username ~ '^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$'),
  password_hash          text,
  display_name           text CHECK (char_length(display_name) <= 200),
  first_name             text CHECK (char_length(first_name) <= 100),
  last_name              text CHECK (char_length(last_name) <= 100),
  avatar_url             text CHECK (char_length(avatar_url) <= 2048),
  bio                    text CHECK (char_length(bio) <= 2000),
  location               text CHECK (char_length(location) <= 200),
  website_url            text CHECK (char_length(website_url) <= 2048),
  company                text CHECK (char_length(company) <= 200),
  github_id              bigint UNIQUE,
  github_username        text,
  role                   text NOT NULL DEFAULT 'user'   CHECK (role IN ('user','support','admin')),
  status                 text NOT NULL DEFAULT 'active' CHECK (status IN ('active','suspended','deleted')),
  token_version          integer NOT NULL DEFAULT 0 CHECK (token_version >= 0),
  failed_login_count     integer NOT NULL DEFAULT 0,
  locked_until           timestamptz,
  default_organization_id uuid,  -- its key follows organizations
  preferences            jsonb NOT NULL DEFAULT '{}'::jsonb CHECK (jsonb_typeof(preferences) = 'object'),
  timezone               text NOT NULL DEFAULT 'UTC',
  locale                 text NOT NULL DEFAULT 'en',
  signup_source          text NOT NULL DEFAULT 'web',
  referral_code          text UNIQUE,
  referred_by_user_id    uuid REFERENCES users(id) ON DELETE SET NULL,
  onboarding_completed_at timestamptz,
  last_login_at          timestamptz,
  last_active_at         timestamptz,
  deleted_at             timestamptz,
  row_version            integer NOT NULL DEFAULT 1,
  created_at             timestamptz NOT NULL DEFAULT now(),
  updated_at             timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT users_deleted_ck CHECK (status <> 'deleted' OR deleted_at IS NOT NULL)
);
CREATE UNIQUE INDEX users_email_uq    ON users (lower(email))    WHERE deleted_at IS NULL;
CREATE UNIQUE INDEX users_username_uq ON users (lower(username)) WHERE deleted_at IS NULL;
CREATE INDEX users_created_idx        ON users (created_at DESC, id DESC);

CREATE TABLE organizations (  -- tenant and billing owner
  id                 uuid PRIMARY KEY,
  kind               text NOT NULL CHECK (kind IN ('personal','team')),
  name               text NOT NULL CHECK (char_length(name) BETWEEN 1 AND 200),
  slug               text NOT NULL CHECK (slug ~ '^[a-z0-9][a-z0-9-]{0,62}$'),
  owner_user_id      uuid NOT NULL REFERENCES users(id) ON DELETE RESTRICT,
  clerk_org_id       text UNIQUE,
  stripe_customer_id text UNIQUE,
  billing_email      text,
  status             text NOT NULL DEFAULT 'active' CHECK (status IN ('active','suspended','deleted')),
  settings           jsonb NOT NULL DEFAULT '{}'::jsonb CHECK (jsonb_typeof(settings) = 'object'),
  deleted_at         timestamptz,
  row_version        integer NOT NULL DEFAULT 1,
  created_at         timestamptz NOT NULL DEFAULT now(),
  updated_at         timestamptz NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX organizations_slug_uq     ON organizations (slug) WHERE deleted_at IS NULL;
CREATE UNIQUE INDEX organizations_personal_uq ON organizations (owner_user_id) WHERE kind = 'personal' AND deleted_at IS NULL;
CREATE INDEX organizations_owner_idx          ON organizations (owner_user_id);
ALTER TABLE users ADD CONSTRAINT users_default_org_fk FOREIGN KEY (default_organization_id)
  REFERENCES organizations(id) ON DELETE SET NULL DEFERRABLE INITIALLY DEFERRED;

CREATE TABLE organization_members (  -- RBAC
  organization_id uuid NOT NULL REFERENCES organizations(id) ON DELETE CASCADE,
  user_id         uuid NOT NULL REFERENCES users(id)         ON DELETE CASCADE,
  role            text NOT NULL CHECK (role IN ('owner','admin','billing','member','viewer')),
  created_at      timestamptz NOT NULL DEFAULT now(),
  updated_at      timestamptz NOT NULL DEFAULT now(),
  row_version     integer NOT NULL DEFAULT 1,
  PRIMARY KEY (organization_id, user_id)
);
CREATE INDEX organization_members_user_idx ON organization_members (user_id);

CREATE TABLE organization_invitations (
  id              uuid PRIMARY KEY,
  organization_id uuid NOT NULL REFERENCES organizations(id) ON DELETE CASCADE,
  email           text NOT NULL,
  role            text NOT NULL CHECK (role IN ('admin','billing','member','viewer')),
  token_hash      bytea NOT NULL UNIQUE CHECK (octet_length(token_hash) = 32),
  invited_by_user_id uuid REFERENCES users(id) ON DELETE SET NULL,
  expires_at      timestamptz NOT NULL,
  accepted_at     timestamptz,
  revoked_at      timestamptz,
  created_at      timestamptz NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX organization_invitations_open_uq ON organization_invitations (organization_id, lower(email))
  WHERE accepted_at IS NULL AND revoked_at IS NULL;

CREATE TABLE user_sessions (
  id             uuid PRIMARY KEY,
  user_id        uuid NOT NULL REFERENCES users(id) ON DELETE CASCADE,
  auth_method    text NOT NULL CHECK (auth_method IN ('password','clerk','github')),
  ip_address     inet,
  user_agent     text CHECK (char_length(user_agent) <= 1024),
  last_seen_at   timestamptz NOT NULL DEFAULT now(),
  expires_at     timestamptz NOT NULL,
  revoked_at     timestamptz,
  revoked_reason text CHECK (revoked_reason IN ('logout','logout_all','rotation_reuse','password_change','admin','user_deleted','expired')),
  created_at     timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT user_sessions_expiry_ck CHECK (expires_at > created_at)
);
CREATE INDEX user_sessions_live_idx ON user_sessions (user_id, last_seen_at DESC) WHERE revoked_at IS NULL;
CREATE INDEX user_sessions_expiry_idx ON user_sessions (expires_at);

CREATE TABLE refresh_tokens (  -- rotation with reuse detection
  id          uuid PRIMARY KEY,
  session_id  uuid NOT NULL REFERENCES user_sessions(id) ON DELETE CASCADE,
  token_hash  bytea NOT NULL UNIQUE CHECK (octet_length(token_hash) = 32),  -- SHA-256 of a 256-bit token; a successor is derived from its parent
  parent_id   uuid REFERENCES refresh_tokens(id) ON DELETE SET NULL,
  expires_at  timestamptz NOT NULL,
  used_at     timestamptz,
  revoked_at  timestamptz,
  created_at  timestamptz NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX refresh_tokens_one_live_uq ON refresh_tokens (session_id) WHERE used_at IS NULL AND revoked_at IS NULL;
CREATE INDEX refresh_tokens_parent_idx ON refresh_tokens (parent_id);

CREATE TABLE personal_access_tokens (  -- our own API tokens
  id              uuid PRIMARY KEY,
  user_id         uuid NOT NULL REFERENCES users(id) ON DELETE CASCADE,
  organization_id uuid NOT NULL REFERENCES organizations(id) ON DELETE CASCADE,
  name            text NOT NULL CHECK (char_length(name) BETWEEN 1 AND 100),
  token_prefix    text NOT NULL,
  token_hash      bytea NOT NULL UNIQUE CHECK (octet_length(token_hash) = 32),
  scopes          text[] NOT NULL DEFAULT '{}',
  last_used_at    timestamptz,
  expires_at      timestamptz,
  revoked_at      timestamptz,
  created_at      timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX personal_access_tokens_user_idx ON personal_access_tokens (user_id) WHERE revoked_at IS NULL;
CREATE INDEX personal_access_tokens_org_idx  ON personal_access_tokens (organization_id);

CREATE TABLE data_keys (  -- data keys, wrapped by the key-encryption key
  scope_id    uuid NOT NULL,  -- organization; the nil uuid for rows of no organization
  version     smallint NOT NULL CHECK (version >= 1),  -- what the key_version columns name
  kek_id      text NOT NULL,
  wrapped_key bytea NOT NULL,
  retired_at  timestamptz,
  created_at  timestamptz NOT NULL DEFAULT now(),
  updated_at  timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (scope_id, version)
);
CREATE INDEX data_keys_kek_idx ON data_keys (kek_id);

CREATE TABLE oauth_states (  -- state + PKCE verifier, single use
  state_hash        bytea PRIMARY KEY CHECK (octet_length(state_hash) = 32),
  provider          text NOT NULL CHECK (provider IN ('github')),
  user_id           uuid REFERENCES users(id) ON DELETE CASCADE,
  code_verifier_enc bytea NOT NULL,
  key_version       smallint NOT NULL DEFAULT 1,
  redirect_to       text NOT NULL,
  expires_at        timestamptz NOT NULL,
  consumed_at       timestamptz,
  created_at        timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX oauth_states_expiry_idx ON oauth_states (expires_at);

CREATE TRIGGER users_touch BEFORE UPDATE ON users FOR EACH ROW EXECUTE FUNCTION touch_row();
CREATE TRIGGER organizations_touch BEFORE UPDATE ON organizations FOR EACH ROW EXECUTE FUNCTION touch_row();
CREATE TRIGGER organization_members_touch BEFORE UPDATE ON organization_members FOR EACH ROW EXECUTE FUNCTION touch_row();
`;

const DOWN = `
ALTER TABLE users DROP CONSTRAINT users_default_org_fk;
DROP TABLE oauth_states, data_keys, personal_access_tokens, refresh_tokens, user_sessions, organization_invitations, organization_members, organizations, users;
DROP FUNCTION touch_row(), forbid_change();
`;

/** Creates users, organizations, sessions, tokens, data keys. */
export class Identity1764000000000 implements MigrationInterface {
  readonly name = 'Identity1764000000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(UP);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(DOWN);
  }
}
