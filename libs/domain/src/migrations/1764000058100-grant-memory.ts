import type { MigrationInterface, QueryRunner } from 'typeorm';

const UP = `
CREATE TABLE granted_addresses (  -- of accounts that were erased: who comes back gets no second sign-up grant
  digest     bytea PRIMARY KEY,  -- of the address, under a key that is not in the database
  created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX granted_addresses_created_idx ON granted_addresses (created_at);
`;

const DOWN = 'DROP TABLE granted_addresses;';

/** Remembers, without their address, that people of erased accounts had their sign-up grant. */
export class GrantMemory1764000058100 implements MigrationInterface {
  readonly name = 'GrantMemory1764000058100';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(UP);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(DOWN);
  }
}
