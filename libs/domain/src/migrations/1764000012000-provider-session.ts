import type { MigrationInterface, QueryRunner } from 'typeorm';

const UP = `
ALTER TABLE user_sessions ADD COLUMN clerk_session_id text;  -- the identity provider's session that opened it: when that ends, so does this
CREATE INDEX user_sessions_clerk_idx ON user_sessions (clerk_session_id) WHERE clerk_session_id IS NOT NULL;
`;

const DOWN = `
ALTER TABLE user_sessions DROP COLUMN clerk_session_id;
`;

/** Sessions know which session of the identity provider opened them. */
export class ProviderSession1764000012000 implements MigrationInterface {
  readonly name = 'ProviderSession1764000012000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(UP);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(DOWN);
  }
}
