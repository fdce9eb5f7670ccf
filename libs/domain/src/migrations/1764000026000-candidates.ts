import type { MigrationInterface, QueryRunner } from 'typeorm';

const SOURCES = `'api','fork','plan','issue','mention','pull_request','check'`;

const UP = `
ALTER TABLE tasks ADD COLUMN candidates smallint CHECK (candidates BETWEEN 2 AND 5);  -- so many child tasks try the same, and the best one's work is published
ALTER TABLE tasks ADD COLUMN chosen_task_id uuid REFERENCES tasks(id) ON DELETE SET NULL;  -- the candidate whose work this task publishes
ALTER TABLE tasks DROP CONSTRAINT tasks_source_check;
ALTER TABLE tasks ADD CONSTRAINT tasks_source_check CHECK (source IN (${SOURCES},'candidate'));
CREATE INDEX tasks_chosen_idx ON tasks (chosen_task_id) WHERE chosen_task_id IS NOT NULL;
CREATE INDEX tasks_candidates_idx ON tasks (id) WHERE status = 'in_progress' AND status_reason = 'candidates';  -- what the sweeper looks at
`;

const DOWN = `
DROP INDEX tasks_candidates_idx;
DROP INDEX tasks_chosen_idx;
UPDATE tasks SET source = 'api' WHERE source = 'candidate';
ALTER TABLE tasks DROP CONSTRAINT tasks_source_check;
ALTER TABLE tasks ADD CONSTRAINT tasks_source_check CHECK (source IN (${SOURCES}));
ALTER TABLE tasks DROP COLUMN chosen_task_id;
ALTER TABLE tasks DROP COLUMN candidates;
`;

/** Several tries at one task, of which the best is published. */
export class Candidates1764000026000 implements MigrationInterface {
  readonly name = 'Candidates1764000026000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(UP);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(DOWN);
  }
}
