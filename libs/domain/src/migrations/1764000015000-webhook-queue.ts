import type { MigrationInterface, QueryRunner } from 'typeorm';

const UP = String.raw`
ALTER TABLE webhook_endpoint_deliveries DROP CONSTRAINT webhook_endpoint_deliveries_event_type_check;
ALTER TABLE webhook_endpoint_deliveries ADD CONSTRAINT webhook_endpoint_deliveries_event_type_check
  CHECK (event_type ~ '^[a-z][a-z_]*(\.[a-z][a-z_]*)*$') NOT VALID;  -- "ping" has no dot
ALTER TABLE webhook_endpoint_deliveries VALIDATE CONSTRAINT webhook_endpoint_deliveries_event_type_check;

-- By endpoint: a dead one's backlog must not be read to find the work of another.
DROP INDEX webhook_endpoint_deliveries_todo_idx;
CREATE INDEX webhook_endpoint_deliveries_todo_idx ON webhook_endpoint_deliveries (endpoint_id, next_attempt_at, id) WHERE status = 'pending';

-- Shown in lists, so that no secret is opened for them.
ALTER TABLE webhook_endpoints ADD COLUMN secret_last4 text NOT NULL DEFAULT '????' CHECK (char_length(secret_last4) = 4);
`;

const DOWN = String.raw`
ALTER TABLE webhook_endpoints DROP COLUMN secret_last4;

DROP INDEX webhook_endpoint_deliveries_todo_idx;
CREATE INDEX webhook_endpoint_deliveries_todo_idx ON webhook_endpoint_deliveries (next_attempt_at, id) WHERE status = 'pending';

DELETE FROM webhook_endpoint_deliveries WHERE event_type !~ '\.';
ALTER TABLE webhook_endpoint_deliveries DROP CONSTRAINT webhook_endpoint_deliveries_event_type_check;
ALTER TABLE webhook_endpoint_deliveries ADD CONSTRAINT webhook_endpoint_deliveries_event_type_check
  CHECK (event_type ~ '^[a-z][a-z_]*(\.[a-z][a-z_]*)+$');
`;

/** What sending webhooks needs of its tables: "ping" as an event, a to-do list per endpoint, the end of a secret. */
export class WebhookQueue1764000015000 implements MigrationInterface {
  readonly name = 'WebhookQueue1764000015000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(UP);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(DOWN);
  }
}
