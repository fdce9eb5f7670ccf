import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Notes the calls of before, so that the worker adds them to the sums. A transaction of its own: the one that made the trigger keeps writers waiting until it ends. */
export class AnalyticsPast1764000050100 implements MigrationInterface {
  readonly name = 'AnalyticsPast1764000050100';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('INSERT INTO unfolded_usage (organization_id, usage_id) SELECT organization_id, id FROM api_key_usage_logs ON CONFLICT DO NOTHING');
  }

  /** The tables go with the migration before. */
  async down(): Promise<void> {
    await Promise.resolve();
  }
}
