import type { MigrationInterface, QueryRunner } from 'typeorm';

const UP = `
CREATE INDEX task_events_verify_idx ON task_events (task_id, seq DESC) WHERE type = 'verify';  -- a task's answer shows its last checks: without it each list reads all events of each task
`;

const DOWN = `
DROP INDEX task_events_verify_idx;
`;

/** Finds a task's last checks without reading its history. */
export class LastChecks1764000018000 implements MigrationInterface {
  readonly name = 'LastChecks1764000018000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(UP);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(DOWN);
  }
}
