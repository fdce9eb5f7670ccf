import type { MigrationInterface, QueryRunner } from 'typeorm';
import { buildIndex } from './concurrent-index';

const INDEXES: readonly (readonly [name: string, definition: string])[] = [
  // What has not ended: counted for the staff, and kept when its month is dropped.
  ['tasks_open_idx', 'ON tasks (id, status) WHERE completed_at IS NULL'],
  ['tasks_completed_idx', 'ON tasks (completed_at, status) WHERE completed_at IS NOT NULL'],
  ['pull_requests_url_idx', 'ON pull_requests (url)'],
  ['audit_logs_time_idx', 'ON audit_logs (created_at)'],
  ['webhook_deliveries_dead_idx', `ON webhook_deliveries (received_at DESC, id DESC) WHERE status = 'dead'`],
  ['webhook_endpoint_deliveries_dead_idx', `ON webhook_endpoint_deliveries (created_at DESC, id DESC) WHERE status = 'dead'`],
];

/** For questions that read whole tables: found by running each among a million tasks. */
export class ScaleIndexes1764000056100 implements MigrationInterface {
  readonly name = 'ScaleIndexes1764000056100';
  readonly transaction = false;

  async up(runner: QueryRunner): Promise<void> {
    for (const [name, definition] of INDEXES) await buildIndex(runner, name, definition);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP INDEX IF EXISTS ${INDEXES.map(([name]) => name).join(', ')}`);
  }
}
