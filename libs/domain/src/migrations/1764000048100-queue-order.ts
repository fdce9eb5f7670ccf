import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Finds the next task of each organization that waits for a worker, and the place of each. */
export class QueueOrder1764000048100 implements MigrationInterface {
  readonly name = 'QueueOrder1764000048100';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`CREATE INDEX tasks_queue_idx ON tasks (organization_id, (CASE priority WHEN 'high' THEN 0 WHEN 'medium' THEN 1 ELSE 2 END), queued_at, id) WHERE status = 'queued'`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP INDEX tasks_queue_idx');
  }
}
