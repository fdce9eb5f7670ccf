import type { MigrationInterface, QueryRunner } from 'typeorm';

const UP = `
CREATE TABLE github_lanes (
  name          text PRIMARY KEY,
  read_due_at   timestamptz NOT NULL DEFAULT now(),
  write_due_at  timestamptz NOT NULL DEFAULT now(),
  made          integer NOT NULL DEFAULT 0,
  made_before   integer NOT NULL DEFAULT 0,
  counted_from  timestamptz NOT NULL DEFAULT now(),
  closed_until  jsonb NOT NULL DEFAULT '{}'::jsonb,
  refusals      integer NOT NULL DEFAULT 0,
  writer        uuid,                                -- the write that is under way
  writer_until  timestamptz,                         -- a process that died in the midst of one holds up nobody for longer
  used_at       timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX github_lanes_used_idx ON github_lanes (used_at);
`;

/** What all processes know together of GitHub's limits. */
export class GithubLanes1764000060000 implements MigrationInterface {
  readonly name = 'GithubLanes1764000060000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(UP);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE github_lanes');
  }
}
