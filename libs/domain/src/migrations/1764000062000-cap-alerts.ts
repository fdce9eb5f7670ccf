import type { MigrationInterface, QueryRunner } from 'typeorm';
import { withShortLocks } from './short-locks';

/** Keeps up to where a task's cap was announced, so that each threshold is told once, whoever passes it. */
export class CapAlerts1764000062000 implements MigrationInterface {
  readonly name = 'CapAlerts1764000062000';
  readonly transaction = false;

  async up(runner: QueryRunner): Promise<void> {
    await withShortLocks(runner, () => runner.query('ALTER TABLE task_counters ADD COLUMN alerted_micro bigint NOT NULL DEFAULT 0'));
  }

  async down(runner: QueryRunner): Promise<void> {
    await withShortLocks(runner, () => runner.query('ALTER TABLE task_counters DROP COLUMN alerted_micro'));
  }
}
