import type { MigrationInterface, QueryRunner } from 'typeorm';
import { withShortLocks } from './short-locks';

const SOURCES = `'signup','subscription','purchase','bonus','adjustment','refund'`;
const TYPES = `'hold','release','usage','purchase','subscription_grant','bonus','refund','expiry','reversal','adjustment','debt_payment','overrun','clearing'`;
const ACCOUNTS = `'available','held','debt','revenue','grants','purchases','purchases_clearing','refunds','expired','overrun','adjustments'`;
const STILL = `'hold','release','debt_payment','overrun','clearing'`;
const SIGNS = (still: string): string => `CASE
  WHEN type IN ('purchase','subscription_grant','bonus','refund') THEN amount_micro > 0
  WHEN type IN ('usage','expiry','reversal') THEN amount_micro < 0
  WHEN type IN (${still}) THEN amount_micro = 0 ELSE amount_micro <> 0 END`;

/** A check with another text: what is there already is looked at afterwards, without keeping anybody out. */
const another = (table: string, name: string, text: string): string =>
  `ALTER TABLE ${table} DROP CONSTRAINT ${name}; ALTER TABLE ${table} ADD CONSTRAINT ${name} CHECK (${text}) NOT VALID;`;

const CHECKS = [['credit_grants', 'credit_grants_source_check'], ['credit_grants', 'credit_grants_amount_micro_check'], ['credit_transactions', 'credit_transactions_type_check'],
  ['credit_transactions', 'credit_transactions_sign_ck'], ['credit_entries', 'credit_entries_account_check']] as const;

const UP = `
${another('credit_grants', 'credit_grants_source_check', `source IN (${SOURCES},'overage')`)}
${another('credit_grants', 'credit_grants_amount_micro_check', `amount_micro > 0 OR (source = 'overage' AND amount_micro = 0)`)}
${another('credit_transactions', 'credit_transactions_type_check', `type IN (${TYPES},'advance','overage')`)}
${another('credit_transactions', 'credit_transactions_sign_ck', SIGNS(`${STILL},'overage'`))}
${another('credit_entries', 'credit_entries_account_check', `account IN (${ACCOUNTS},'advances','overage')`)}
ALTER TABLE subscription_plans ADD COLUMN overage_price_minor integer CHECK (overage_price_minor > 0);  -- of one credit beyond the included ones; NULL: the plan sells none
ALTER TABLE subscription_plans ADD CONSTRAINT subscription_plans_stripe_overage_price_id_key UNIQUE (stripe_overage_price_id);
ALTER TABLE subscriptions ADD COLUMN overage_limit_micro bigint CHECK (overage_limit_micro > 0);  -- how far beyond, in a period; NULL: not at all
CREATE TABLE overage_reports (  -- what was told to Stripe's meter: written before it is told, so that a repeat says the same
  id              uuid PRIMARY KEY,
  organization_id uuid NOT NULL REFERENCES organizations(id) ON DELETE RESTRICT,
  subscription_id uuid NOT NULL REFERENCES subscriptions(id) ON DELETE RESTRICT,
  identifier      text NOT NULL UNIQUE,
  credits         integer NOT NULL CHECK (credits > 0),
  used_at         timestamptz NOT NULL,
  status          text NOT NULL DEFAULT 'pending' CHECK (status IN ('pending','sent')),
  sent_at         timestamptz,
  created_at      timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT overage_reports_sent_at_ck CHECK ((status = 'sent') = (sent_at IS NOT NULL))
);
CREATE UNIQUE INDEX overage_reports_one_pending_uq ON overage_reports (subscription_id) WHERE status = 'pending';
CREATE INDEX overage_reports_used_idx ON overage_reports (subscription_id, used_at);
CREATE INDEX overage_reports_organization_idx ON overage_reports (organization_id);
`;

const LOT = 'credit_grants_overage_uq';

const DOWN = `
DROP TABLE overage_reports;
ALTER TABLE subscriptions DROP COLUMN overage_limit_micro;
ALTER TABLE subscription_plans DROP CONSTRAINT subscription_plans_stripe_overage_price_id_key;
ALTER TABLE subscription_plans DROP COLUMN overage_price_minor;
DROP INDEX ${LOT};
${another('credit_entries', 'credit_entries_account_check', `account IN (${ACCOUNTS})`)}
${another('credit_transactions', 'credit_transactions_sign_ck', SIGNS(STILL))}
${another('credit_transactions', 'credit_transactions_type_check', `type IN (${TYPES})`)}
${another('credit_grants', 'credit_grants_amount_micro_check', 'amount_micro > 0')}
${another('credit_grants', 'credit_grants_source_check', `source IN (${SOURCES})`)}
`;

/** Credits beyond those that a plan includes: lent for a call, paid for through Stripe's meter. */
export class Overage1764000058000 implements MigrationInterface {
  readonly name = 'Overage1764000058000';
  readonly transaction = false;

  async up(runner: QueryRunner): Promise<void> {
    await withShortLocks(runner, () => runner.query(UP));
    await this.look(runner);
    const slowly = runner.isTransactionActive ? '' : 'CONCURRENTLY';
    await runner.query(`DROP INDEX ${slowly} IF EXISTS ${LOT}`);
    await runner.query(`CREATE UNIQUE INDEX ${slowly} ${LOT} ON credit_grants (subscription_id, period_start) WHERE source = 'overage'`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await withShortLocks(runner, () => runner.query(DOWN));
    await this.look(runner);
  }

  private async look(runner: QueryRunner): Promise<void> {
    for (const [table, check] of CHECKS) await withShortLocks(runner, () => runner.query(`ALTER TABLE ${table} VALIDATE CONSTRAINT ${check}`));
  }
}
