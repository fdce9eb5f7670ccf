import type { MigrationInterface, QueryRunner } from 'typeorm';

const UP = String.raw`
CREATE TABLE credit_accounts (  -- the organization's cached balances; the one contended row
  organization_id        uuid PRIMARY KEY REFERENCES organizations(id) ON DELETE RESTRICT,
  available_micro        bigint NOT NULL DEFAULT 0,
  held_micro             bigint NOT NULL DEFAULT 0,
  debt_micro             bigint NOT NULL DEFAULT 0,  -- refunded or disputed after it was spent; later grants pay it first
  lifetime_granted_micro bigint NOT NULL DEFAULT 0,
  lifetime_used_micro    bigint NOT NULL DEFAULT 0,
  last_seq               bigint NOT NULL DEFAULT 0,
  low_balance_micro      bigint CHECK (low_balance_micro >= 0),
  created_at             timestamptz NOT NULL DEFAULT now(),
  updated_at             timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT credit_accounts_never_below_zero_ck CHECK (available_micro >= 0 AND held_micro >= 0 AND debt_micro >= 0)
) WITH (fillfactor = 50);

CREATE TABLE credit_grants (  -- lots with source, priority and expiry
  id              uuid PRIMARY KEY,
  organization_id uuid NOT NULL REFERENCES credit_accounts(organization_id) ON DELETE RESTRICT,
  source          text NOT NULL CHECK (source IN ('signup','subscription','purchase','bonus','adjustment','refund')),
  category        text NOT NULL CHECK (category IN ('paid','promotional')),
  kind            text NOT NULL DEFAULT 'once' CHECK (kind IN ('once','period','trial','upgrade')),
  subscription_id uuid REFERENCES subscriptions(id) ON DELETE RESTRICT,
  invoice_id      uuid REFERENCES subscription_invoices(id) ON DELETE RESTRICT,
  purchase_id     uuid REFERENCES credit_purchases(id) ON DELETE RESTRICT,
  period_start    timestamptz,
  amount_micro    bigint NOT NULL CHECK (amount_micro > 0),
  remaining_micro bigint NOT NULL,  -- sum over an organization = available + held
  priority        smallint NOT NULL DEFAULT 50,  -- lower is spent first
  effective_at    timestamptz NOT NULL DEFAULT now(),
  expires_at      timestamptz,
  voided_at       timestamptz,
  created_at      timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT credit_grants_remaining_ck CHECK (remaining_micro BETWEEN 0 AND amount_micro),
  CONSTRAINT credit_grants_period_ck CHECK ((source = 'subscription') = (subscription_id IS NOT NULL AND period_start IS NOT NULL AND kind <> 'once'))
);
CREATE INDEX credit_grants_spend_idx  ON credit_grants (organization_id, priority, expires_at NULLS LAST, effective_at, id) WHERE remaining_micro > 0 AND voided_at IS NULL;
CREATE INDEX credit_grants_expiry_idx ON credit_grants (expires_at) WHERE remaining_micro > 0 AND voided_at IS NULL AND expires_at IS NOT NULL;
CREATE UNIQUE INDEX credit_grants_period_uq   ON credit_grants (subscription_id, period_start, kind) WHERE kind IN ('period','trial');
CREATE UNIQUE INDEX credit_grants_invoice_uq  ON credit_grants (invoice_id) WHERE invoice_id IS NOT NULL;
CREATE UNIQUE INDEX credit_grants_purchase_uq ON credit_grants (purchase_id) WHERE source = 'purchase';

CREATE TABLE credit_holds (  -- reserved before a model call, then captured or released
  id                uuid PRIMARY KEY,
  organization_id   uuid NOT NULL REFERENCES credit_accounts(organization_id) ON DELETE RESTRICT,
  task_id           uuid NOT NULL REFERENCES tasks(id) ON DELETE RESTRICT,
  attempt_id        uuid NOT NULL REFERENCES task_attempts(id) ON DELETE RESTRICT,
  call_seq          integer NOT NULL CHECK (call_seq >= 1),
  price_id          uuid REFERENCES ai_model_prices(id) ON DELETE RESTRICT,  -- the price set in force when the hold was taken
  amount_micro      bigint NOT NULL CHECK (amount_micro >= 0),  -- worst case of the call; 0 on the customer's own key
  cost_nusd         bigint NOT NULL CHECK (cost_nusd >= 0),  -- the same worst case as provider cost, for budgets that measure cost
  captured_micro    bigint NOT NULL DEFAULT 0,
  captured_nusd     bigint NOT NULL DEFAULT 0 CHECK (captured_nusd >= 0),
  budget_periods    jsonb NOT NULL DEFAULT '[]'::jsonb CHECK (jsonb_typeof(budget_periods) = 'array'), -- [[budget id, period start, measure], ...] that it counts in
  status            text NOT NULL DEFAULT 'held' CHECK (status IN ('held','captured','released')),
  expires_at        timestamptz NOT NULL,
  closed_at         timestamptz,
  created_at        timestamptz NOT NULL DEFAULT now(),
  UNIQUE (attempt_id, call_seq),
  CONSTRAINT credit_holds_captured_ck CHECK (captured_micro BETWEEN 0 AND amount_micro),
  CONSTRAINT credit_holds_closed_at_ck CHECK ((status = 'held') = (closed_at IS NULL))
);
CREATE UNIQUE INDEX credit_holds_one_open_uq ON credit_holds (attempt_id) WHERE status = 'held';
CREATE INDEX credit_holds_org_idx    ON credit_holds (organization_id) WHERE status = 'held';
CREATE INDEX credit_holds_task_idx   ON credit_holds (task_id);
CREATE INDEX credit_holds_expiry_idx ON credit_holds (expires_at) WHERE status = 'held';

CREATE TABLE credit_transactions (  -- one transfer; append-only
  id                    uuid PRIMARY KEY,
  organization_id       uuid NOT NULL REFERENCES credit_accounts(organization_id) ON DELETE RESTRICT,
  seq                   bigint NOT NULL CHECK (seq > 0),
  type                  text NOT NULL CHECK (type IN ('hold','release','usage','purchase','subscription_grant','bonus','refund','expiry','reversal',
                          'adjustment','debt_payment','overrun','clearing')),
  idempotency_key       text NOT NULL CHECK (char_length(idempotency_key) <= 255), -- business key: settle:<attempt>:<call>, grant:<subscription>:<period> ...
  amount_micro          bigint NOT NULL,  -- change of available + held - debt
  available_after_micro bigint NOT NULL CHECK (available_after_micro >= 0),
  held_after_micro      bigint NOT NULL CHECK (held_after_micro >= 0),
  debt_after_micro      bigint NOT NULL CHECK (debt_after_micro >= 0),
  user_id               uuid REFERENCES users(id) ON DELETE RESTRICT,
  task_id               uuid REFERENCES tasks(id) ON DELETE RESTRICT,
  attempt_id            uuid REFERENCES task_attempts(id) ON DELETE RESTRICT,
  hold_id               uuid REFERENCES credit_holds(id) ON DELETE RESTRICT,
  grant_id              uuid REFERENCES credit_grants(id) ON DELETE RESTRICT,
  purchase_id           uuid REFERENCES credit_purchases(id) ON DELETE RESTRICT,
  subscription_id       uuid REFERENCES subscriptions(id) ON DELETE RESTRICT,
  description           text CHECK (char_length(description) <= 500),
  metadata              jsonb NOT NULL DEFAULT '{}'::jsonb,
  created_at            timestamptz NOT NULL DEFAULT now(),
  UNIQUE (organization_id, seq),
  UNIQUE (organization_id, idempotency_key),
  CONSTRAINT credit_transactions_sign_ck CHECK (CASE
    WHEN type IN ('purchase','subscription_grant','bonus','refund') THEN amount_micro > 0
    WHEN type IN ('usage','expiry','reversal') THEN amount_micro < 0
    WHEN type IN ('hold','release','debt_payment','overrun','clearing') THEN amount_micro = 0 ELSE amount_micro <> 0 END)
);
CREATE INDEX credit_transactions_list_idx ON credit_transactions (organization_id, seq DESC) WHERE amount_micro <> 0;
CREATE INDEX credit_transactions_task_idx ON credit_transactions (task_id) WHERE task_id IS NOT NULL;
CREATE INDEX credit_transactions_user_idx ON credit_transactions (user_id, created_at DESC) WHERE user_id IS NOT NULL;
CREATE INDEX credit_transactions_purchase_idx ON credit_transactions (purchase_id) WHERE purchase_id IS NOT NULL;

CREATE TABLE credit_entries (  -- the two or more sides of a transfer; they sum to zero
  transaction_id  uuid NOT NULL REFERENCES credit_transactions(id) ON DELETE RESTRICT,
  account         text NOT NULL CHECK (account IN ('available','held','debt',  -- the organization's; debt is negative here
                    'revenue','grants','purchases','purchases_clearing','refunds','expired','overrun','adjustments')), -- the platform's
  organization_id uuid NOT NULL REFERENCES credit_accounts(organization_id) ON DELETE RESTRICT,
  amount_micro    bigint NOT NULL CHECK (amount_micro <> 0),
  PRIMARY KEY (transaction_id, account)
);
CREATE INDEX credit_entries_account_idx ON credit_entries (organization_id, account);

CREATE FUNCTION check_transfer_balanced() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE transfer uuid; total numeric; sides integer;
BEGIN
  IF TG_TABLE_NAME = 'credit_entries' THEN transfer := NEW.transaction_id; ELSE transfer := NEW.id; END IF;
  SELECT coalesce(sum(amount_micro), 0), count(*) INTO total, sides FROM credit_entries WHERE transaction_id = transfer;
  IF sides < 2 OR total <> 0 THEN
    RAISE EXCEPTION 'transfer % is not balanced: % sides, sum %', transfer, sides, total USING ERRCODE = 'check_violation';
  END IF;
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER credit_transactions_balanced AFTER INSERT ON credit_transactions DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION check_transfer_balanced();
CREATE CONSTRAINT TRIGGER credit_entries_balanced      AFTER INSERT ON credit_entries      DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION check_transfer_balanced();
CREATE TRIGGER credit_transactions_append_only BEFORE UPDATE OR DELETE ON credit_transactions FOR EACH ROW EXECUTE FUNCTION forbid_change();
CREATE TRIGGER credit_entries_append_only      BEFORE UPDATE OR DELETE ON credit_entries      FOR EACH ROW EXECUTE FUNCTION forbid_change();

CREATE TABLE budgets (  -- spending limits that pause, never kill
  id                 uuid PRIMARY KEY,
  organization_id    uuid NOT NULL REFERENCES organizations(id) ON DELETE RESTRICT,
  scope              text NOT NULL CHECK (scope IN ('organization','user','repository','api_key')),
  user_id            uuid REFERENCES users(id) ON DELETE CASCADE,
  repository_id      uuid REFERENCES repositories(id) ON DELETE CASCADE,
  api_key_id         uuid REFERENCES api_keys(id) ON DELETE CASCADE,
  measure            text NOT NULL DEFAULT 'credits' CHECK (measure IN ('credits','cost')),
  period             text NOT NULL CHECK (period IN ('day','month','total')),  -- UTC calendar
  limit_value        bigint NOT NULL CHECK (limit_value >= 0),  -- microcredits, or nano-USD when measure = cost
  alert_percents     smallint[] NOT NULL DEFAULT '{80,90,100}' CHECK (cardinality(alert_percents) <= 5),
  is_active          boolean NOT NULL DEFAULT true,
  created_by_user_id uuid REFERENCES users(id) ON DELETE SET NULL,
  deleted_at         timestamptz,
  row_version        integer NOT NULL DEFAULT 1,
  created_at         timestamptz NOT NULL DEFAULT now(),
  updated_at         timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT budgets_user_ck CHECK ((scope = 'user') = (user_id IS NOT NULL)),
  CONSTRAINT budgets_repository_ck CHECK ((scope = 'repository') = (repository_id IS NOT NULL)),
  CONSTRAINT budgets_api_key_ck CHECK ((scope = 'api_key') = (api_key_id IS NOT NULL)),
  CONSTRAINT budgets_key_measure_ck CHECK (scope <> 'api_key' OR measure = 'cost')  -- own keys cost no credits
);
CREATE UNIQUE INDEX budgets_one_uq ON budgets (organization_id, scope, measure, period,
  coalesce(user_id, repository_id, api_key_id, '00000000-0000-0000-0000-000000000000'::uuid)) WHERE deleted_at IS NULL;
CREATE INDEX budgets_user_idx       ON budgets (user_id) WHERE user_id IS NOT NULL;
CREATE INDEX budgets_repository_idx ON budgets (repository_id) WHERE repository_id IS NOT NULL;
CREATE INDEX budgets_api_key_idx    ON budgets (api_key_id) WHERE api_key_id IS NOT NULL;

CREATE TABLE budget_periods (  -- the counter a hold must pass
  budget_id       uuid NOT NULL REFERENCES budgets(id) ON DELETE CASCADE,
  period_start    date NOT NULL,  -- 1970-01-01 for 'total'
  used_value      bigint NOT NULL DEFAULT 0 CHECK (used_value >= 0),
  held_value      bigint NOT NULL DEFAULT 0 CHECK (held_value >= 0),
  alerted_percent smallint NOT NULL DEFAULT 0,  -- highest threshold already announced
  created_at      timestamptz NOT NULL DEFAULT now(),
  updated_at      timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (budget_id, period_start)
) WITH (fillfactor = 50);

CREATE TRIGGER budgets_touch BEFORE UPDATE ON budgets FOR EACH ROW EXECUTE FUNCTION touch_row();
`;

const DOWN = `
DROP TABLE budget_periods, budgets, credit_entries, credit_transactions, credit_holds, credit_grants, credit_accounts;
DROP FUNCTION check_transfer_balanced();
`;

/** Creates credit accounts, lots, holds, transfers and budgets. */
export class Ledger1764000006000 implements MigrationInterface {
  readonly name = 'Ledger1764000006000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(UP);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(DOWN);
  }
}
