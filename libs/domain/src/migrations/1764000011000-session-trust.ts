import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The session in which a password was changed keeps its access tokens. */
export class SessionTrust1764000011000 implements MigrationInterface {
  readonly name = 'SessionTrust1764000011000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE user_sessions ADD COLUMN trusted_token_version integer');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE user_sessions DROP COLUMN trusted_token_version');
  }
}
