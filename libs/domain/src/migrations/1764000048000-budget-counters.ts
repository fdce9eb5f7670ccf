import type { MigrationInterface, QueryRunner } from 'typeorm';

const NOBODY = `'00000000-0000-0000-0000-000000000000'::uuid`;
const SCOPES = `'organization','user','repository','api_key'`;

const UP = `
ALTER TABLE budgets ADD COLUMN automation_id uuid REFERENCES automations(id) ON DELETE CASCADE;
ALTER TABLE budgets DROP CONSTRAINT budgets_scope_check;
ALTER TABLE budgets ADD CONSTRAINT budgets_scope_check CHECK (scope IN (${SCOPES},'automation'));
ALTER TABLE budgets ADD CONSTRAINT budgets_automation_ck CHECK ((scope = 'automation') = (automation_id IS NOT NULL));
DROP INDEX budgets_one_uq;
CREATE UNIQUE INDEX budgets_one_uq ON budgets (organization_id, scope, measure, period, coalesce(user_id, repository_id, api_key_id, automation_id, ${NOBODY})) WHERE deleted_at IS NULL;
CREATE INDEX budgets_automation_idx ON budgets (automation_id) WHERE automation_id IS NOT NULL;
ALTER TABLE budget_periods ADD COLUMN other_value bigint NOT NULL DEFAULT 0 CHECK (other_value >= 0);  -- part of used_value that no hold brought: spent before the budget was made, tests of models and keys
CREATE INDEX credit_transactions_grant_idx ON credit_transactions (grant_id) WHERE grant_id IS NOT NULL;  -- what was taken back of a lot
ALTER TABLE subscription_plans ADD COLUMN log_retention_days integer CHECK (log_retention_days > 0);  -- NULL: as long as the platform keeps logs
ALTER TABLE subscription_plans ADD COLUMN queue_weight smallint NOT NULL DEFAULT 1 CHECK (queue_weight BETWEEN 1 AND 100);  -- share of the workers while organizations compete for them
`;

const DOWN = `
ALTER TABLE subscription_plans DROP COLUMN queue_weight;
ALTER TABLE subscription_plans DROP COLUMN log_retention_days;
DROP INDEX credit_transactions_grant_idx;
ALTER TABLE budget_periods DROP COLUMN other_value;
DELETE FROM budgets WHERE scope = 'automation';
DROP INDEX budgets_automation_idx;
DROP INDEX budgets_one_uq;
CREATE UNIQUE INDEX budgets_one_uq ON budgets (organization_id, scope, measure, period, coalesce(user_id, repository_id, api_key_id, ${NOBODY})) WHERE deleted_at IS NULL;
ALTER TABLE budgets DROP CONSTRAINT budgets_automation_ck;
ALTER TABLE budgets DROP CONSTRAINT budgets_scope_check;
ALTER TABLE budgets ADD CONSTRAINT budgets_scope_check CHECK (scope IN (${SCOPES}));
ALTER TABLE budgets DROP COLUMN automation_id;
`;

/** Budgets of automations; counters of which every unit can be explained; what a plan allows in the queue and how long it keeps logs. */
export class BudgetCounters1764000048000 implements MigrationInterface {
  readonly name = 'BudgetCounters1764000048000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(UP);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(DOWN);
  }
}
