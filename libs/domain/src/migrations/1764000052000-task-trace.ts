import type { MigrationInterface, QueryRunner } from 'typeorm';
import { withShortLocks } from './short-locks';

/** The trace that a task belongs to, so that whichever process works on it goes on with it. */
export class TaskTrace1764000052000 implements MigrationInterface {
  name = 'TaskTrace1764000052000';
  transaction = false as const;

  async up(runner: QueryRunner): Promise<void> {
    await withShortLocks(runner, async () => {
      await runner.query(`ALTER TABLE tasks ADD COLUMN traceparent text`);
    });
  }

  async down(runner: QueryRunner): Promise<void> {
    await withShortLocks(runner, async () => {
      await runner.query(`ALTER TABLE tasks DROP COLUMN traceparent`);
    });
  }
}
