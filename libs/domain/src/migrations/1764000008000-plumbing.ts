import type { MigrationInterface, QueryRunner } from 'typeorm';

const UP = String.raw`
CREATE TABLE idempotency_keys (
  scope           text NOT NULL,  -- 'u:<user id>' or 'ip:<hash>' before login
  key             text NOT NULL CHECK (char_length(key) BETWEEN 1 AND 255),
  method          text NOT NULL,
  path            text NOT NULL,
  request_hash    bytea NOT NULL CHECK (octet_length(request_hash) = 32),
  state           text NOT NULL DEFAULT 'in_progress' CHECK (state IN ('in_progress','completed')),
  response_status integer,
  response_headers jsonb,
  response_body_enc bytea,  -- encrypted: some answers carry a secret shown once
  key_version     smallint NOT NULL DEFAULT 1,
  locked_until    timestamptz NOT NULL,
  expires_at      timestamptz NOT NULL,
  created_at      timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (scope, key),
  CONSTRAINT idempotency_keys_response_ck CHECK (state = 'in_progress' OR response_status IS NOT NULL)
);
CREATE INDEX idempotency_keys_expiry_idx ON idempotency_keys (expires_at);

CREATE TABLE webhook_deliveries (  -- inbox: GitHub, Stripe, Clerk
  id              uuid PRIMARY KEY,
  source          text NOT NULL CHECK (source IN ('github','stripe','clerk')),
  delivery_id     text NOT NULL CHECK (char_length(delivery_id) <= 255),  -- X-GitHub-Delivery | evt_... | svix-id
  event_type      text NOT NULL,
  action          text,
  api_version     text,
  livemode        boolean,
  installation_id bigint,
  subject_id      text,  -- github repo id, stripe object id, clerk user id
  raw_body        bytea NOT NULL,  -- the signed bytes; jsonb would refuse \u0000
  body_sha256     bytea NOT NULL CHECK (octet_length(body_sha256) = 32),
  status          text NOT NULL DEFAULT 'received' CHECK (status IN ('received','processed','ignored','failed','dead')),
  attempts        smallint NOT NULL DEFAULT 0,
  next_attempt_at timestamptz NOT NULL DEFAULT now(),  -- a claim moves it ahead: it is the lease
  last_error      text CHECK (char_length(last_error) <= 4000),
  occurred_at     timestamptz,
  received_at     timestamptz NOT NULL DEFAULT now(),
  processed_at    timestamptz,
  UNIQUE (source, delivery_id)
);
CREATE INDEX webhook_deliveries_todo_idx    ON webhook_deliveries (next_attempt_at, id) WHERE status IN ('received','failed');
CREATE INDEX webhook_deliveries_body_idx    ON webhook_deliveries (source, body_sha256);
CREATE INDEX webhook_deliveries_time_idx    ON webhook_deliveries (received_at);
CREATE INDEX webhook_deliveries_subject_idx ON webhook_deliveries (source, subject_id, occurred_at);

CREATE TABLE webhook_endpoints (  -- where we send our own events
  id                      uuid PRIMARY KEY,
  organization_id         uuid NOT NULL REFERENCES organizations(id) ON DELETE RESTRICT,
  task_id                 uuid REFERENCES tasks(id) ON DELETE CASCADE,  -- set: the callback of one task
  url                     text NOT NULL CHECK (char_length(url) <= 2048),
  description             text CHECK (char_length(description) <= 500),
  events                  text[] NOT NULL CHECK (cardinality(events) BETWEEN 1 AND 50),
  secret_enc              bytea NOT NULL,
  previous_secret_enc     bytea,  -- signs as well until it expires
  previous_secret_expires_at timestamptz,
  key_version             smallint NOT NULL DEFAULT 1,
  status                  text NOT NULL DEFAULT 'active' CHECK (status IN ('active','disabled')),
  disabled_reason         text CHECK (disabled_reason IN ('user','failing')),
  consecutive_failures    integer NOT NULL DEFAULT 0 CHECK (consecutive_failures >= 0),
  last_success_at         timestamptz,
  last_failure_at         timestamptz,
  created_by_user_id      uuid REFERENCES users(id) ON DELETE SET NULL,
  deleted_at              timestamptz,
  row_version             integer NOT NULL DEFAULT 1,
  created_at              timestamptz NOT NULL DEFAULT now(),
  updated_at              timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT webhook_endpoints_disabled_ck CHECK ((status = 'disabled') = (disabled_reason IS NOT NULL)),
  CONSTRAINT webhook_endpoints_previous_secret_ck CHECK ((previous_secret_enc IS NULL) = (previous_secret_expires_at IS NULL))
);
CREATE UNIQUE INDEX webhook_endpoints_url_uq  ON webhook_endpoints (organization_id, url) WHERE deleted_at IS NULL AND task_id IS NULL;
CREATE UNIQUE INDEX webhook_endpoints_task_uq ON webhook_endpoints (task_id) WHERE task_id IS NOT NULL;
CREATE INDEX webhook_endpoints_list_idx       ON webhook_endpoints (organization_id, created_at DESC, id DESC) WHERE deleted_at IS NULL AND task_id IS NULL;

CREATE TABLE webhook_endpoint_deliveries (  -- one event to one endpoint; written with the fact itself
  id              uuid PRIMARY KEY,
  organization_id uuid NOT NULL REFERENCES organizations(id) ON DELETE RESTRICT,
  endpoint_id     uuid NOT NULL REFERENCES webhook_endpoints(id) ON DELETE CASCADE,
  event_id        text NOT NULL CHECK (char_length(event_id) <= 255),  -- the webhook-id header; the same for every endpoint and try
  event_type      text NOT NULL CHECK (event_type ~ '^[a-z][a-z_]*(\.[a-z][a-z_]*)+$'),
  task_id         uuid REFERENCES tasks(id) ON DELETE SET NULL,
  body            text NOT NULL CHECK (octet_length(body) <= 262144),  -- the exact bytes that are signed
  status          text NOT NULL DEFAULT 'pending' CHECK (status IN ('pending','delivered','dead','cancelled')),
  attempts        smallint NOT NULL DEFAULT 0,
  next_attempt_at timestamptz NOT NULL DEFAULT now(),  -- a claim moves it ahead: it is the lease
  last_status     integer,  -- HTTP status; the receiver's body is never kept
  last_error      text CHECK (char_length(last_error) <= 500),
  last_duration_ms integer,
  delivered_at    timestamptz,
  created_at      timestamptz NOT NULL DEFAULT now(),
  UNIQUE (endpoint_id, event_id),
  CONSTRAINT webhook_endpoint_deliveries_delivered_at_ck CHECK ((status = 'delivered') = (delivered_at IS NOT NULL))
);
CREATE INDEX webhook_endpoint_deliveries_todo_idx ON webhook_endpoint_deliveries (next_attempt_at, id) WHERE status = 'pending';
CREATE INDEX webhook_endpoint_deliveries_list_idx ON webhook_endpoint_deliveries (endpoint_id, created_at DESC, id DESC);
CREATE INDEX webhook_endpoint_deliveries_task_idx ON webhook_endpoint_deliveries (task_id) WHERE task_id IS NOT NULL;
CREATE INDEX webhook_endpoint_deliveries_time_idx ON webhook_endpoint_deliveries (created_at);

CREATE TABLE audit_logs (
  id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  organization_id uuid,  -- no FKs: an audit row outlives what it names
  actor_type      text NOT NULL CHECK (actor_type IN ('user','token','system','webhook','admin')),
  actor_id        text,
  action          text NOT NULL,
  target_type     text,
  target_id       text,
  changes         jsonb,
  ip_address      inet,
  user_agent      text,
  request_id      text,
  created_at      timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX audit_logs_org_idx    ON audit_logs (organization_id, id DESC);
CREATE INDEX audit_logs_target_idx ON audit_logs (target_type, target_id, id DESC);
CREATE INDEX audit_logs_actor_idx  ON audit_logs (actor_id, id DESC);
CREATE TRIGGER audit_logs_append_only BEFORE UPDATE OR DELETE ON audit_logs FOR EACH ROW EXECUTE FUNCTION forbid_change();

CREATE TRIGGER webhook_endpoints_touch BEFORE UPDATE ON webhook_endpoints FOR EACH ROW EXECUTE FUNCTION touch_row();
`;

const DOWN = `
DROP TABLE audit_logs, webhook_endpoint_deliveries, webhook_endpoints, webhook_deliveries, idempotency_keys;
`;

/** Creates idempotency keys, webhooks in and out, the audit log. */
export class Plumbing1764000008000 implements MigrationInterface {
  readonly name = 'Plumbing1764000008000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(UP);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(DOWN);
  }
}
