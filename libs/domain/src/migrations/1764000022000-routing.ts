import type { MigrationInterface, QueryRunner } from 'typeorm';

const UP = `
ALTER TABLE task_attempts ADD COLUMN routing jsonb CHECK (jsonb_typeof(routing) = 'object');  -- which models were weighed, and why the first was chosen

ALTER TABLE model_usage_stats
  ADD COLUMN tasks           bigint NOT NULL DEFAULT 0,  -- that ended that day in a way that says something about the model
  ADD COLUMN tasks_succeeded bigint NOT NULL DEFAULT 0,
  ADD COLUMN tasks_cost_nusd bigint NOT NULL DEFAULT 0,
  ADD COLUMN latency_classes integer[] NOT NULL DEFAULT '{}';  -- answered calls by latency, class n up to 250 ms * sqrt(2)^n: sums of them give any median
`;

const DOWN = `
ALTER TABLE model_usage_stats DROP COLUMN tasks, DROP COLUMN tasks_succeeded, DROP COLUMN tasks_cost_nusd, DROP COLUMN latency_classes;
ALTER TABLE task_attempts DROP COLUMN routing;
`;

/** Keeps why a model was chosen, and what models did. */
export class Routing1764000022000 implements MigrationInterface {
  readonly name = 'Routing1764000022000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(UP);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(DOWN);
  }
}
