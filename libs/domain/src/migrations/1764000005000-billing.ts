import type { MigrationInterface, QueryRunner } from 'typeorm';

const UP = String.raw`
CREATE TABLE subscription_plans (
  id                      uuid PRIMARY KEY,
  name                    text NOT NULL UNIQUE,
  display_name            text NOT NULL,
  description             text,
  tier                    text NOT NULL CHECK (tier IN ('free','pro','enterprise')),
  price_minor             bigint NOT NULL CHECK (price_minor >= 0),
  currency                text NOT NULL DEFAULT 'usd' CHECK (currency ~ '^[a-z]{3}$'),
  billing_interval        text NOT NULL CHECK (billing_interval IN ('month','year')),
  credits_included_micro  bigint NOT NULL CHECK (credits_included_micro >= 0),
  credits_roll_over       boolean NOT NULL DEFAULT false,
  max_repositories        integer CHECK (max_repositories > 0),  -- NULL = unlimited
  max_tasks_per_day       integer CHECK (max_tasks_per_day > 0),
  max_concurrent_tasks    integer CHECK (max_concurrent_tasks > 0),
  max_members             integer CHECK (max_members > 0),
  trial_days              integer NOT NULL DEFAULT 0 CHECK (trial_days >= 0),
  features                jsonb NOT NULL DEFAULT '[]'::jsonb CHECK (jsonb_typeof(features) = 'array'),
  stripe_product_id       text,
  stripe_price_id         text UNIQUE,
  stripe_overage_price_id text,
  is_active               boolean NOT NULL DEFAULT true,
  sort_order              integer NOT NULL DEFAULT 100,
  row_version             integer NOT NULL DEFAULT 1,
  created_at              timestamptz NOT NULL DEFAULT now(),
  updated_at              timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT subscription_plans_price_ck CHECK (tier = 'free' OR price_minor > 0 OR NOT is_active)
);

CREATE TABLE subscriptions (
  id                          uuid PRIMARY KEY,
  organization_id             uuid NOT NULL REFERENCES organizations(id) ON DELETE RESTRICT,
  user_id                     uuid REFERENCES users(id) ON DELETE SET NULL,  -- who bought
  plan_id                     uuid NOT NULL REFERENCES subscription_plans(id) ON DELETE RESTRICT,
  pending_plan_id             uuid REFERENCES subscription_plans(id) ON DELETE RESTRICT,
  stripe_subscription_id      text UNIQUE,
  stripe_subscription_item_id text UNIQUE,
  stripe_overage_item_id      text UNIQUE,
  stripe_customer_id          text,
  status                      text NOT NULL CHECK (status IN ('incomplete','incomplete_expired','trialing','active','past_due','canceled','unpaid','paused','unknown')),
  stripe_status               text,
  quantity                    integer NOT NULL DEFAULT 1 CHECK (quantity > 0),
  current_period_start        timestamptz NOT NULL,
  current_period_end          timestamptz NOT NULL,
  cancel_at_period_end        boolean NOT NULL DEFAULT false,
  cancel_at                   timestamptz,
  canceled_at                 timestamptz,
  ended_at                    timestamptz,
  trial_start                 timestamptz,
  trial_end                   timestamptz,
  past_due_since              timestamptz,
  stripe_event_at             timestamptz,  -- newest event.created applied
  livemode                    boolean NOT NULL DEFAULT false,
  metadata                    jsonb NOT NULL DEFAULT '{}'::jsonb,
  row_version                 integer NOT NULL DEFAULT 1,
  created_at                  timestamptz NOT NULL DEFAULT now(),
  updated_at                  timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT subscriptions_period_ck CHECK (current_period_end > current_period_start),
  CONSTRAINT subscriptions_customer_ck CHECK (stripe_subscription_id IS NULL OR stripe_customer_id IS NOT NULL)
);
CREATE UNIQUE INDEX subscriptions_one_live_uq ON subscriptions (organization_id) WHERE status IN ('trialing','active','past_due','unpaid','paused');
CREATE INDEX subscriptions_org_idx      ON subscriptions (organization_id, created_at DESC);
CREATE INDEX subscriptions_user_idx     ON subscriptions (user_id) WHERE user_id IS NOT NULL;
CREATE INDEX subscriptions_plan_idx     ON subscriptions (plan_id);
CREATE INDEX subscriptions_customer_idx ON subscriptions (stripe_customer_id);
CREATE INDEX subscriptions_renewal_idx  ON subscriptions (current_period_end) WHERE status IN ('trialing','active','past_due');

CREATE TABLE subscription_invoices (
  id                       uuid PRIMARY KEY,
  organization_id          uuid NOT NULL REFERENCES organizations(id) ON DELETE RESTRICT,
  subscription_id          uuid REFERENCES subscriptions(id) ON DELETE RESTRICT,  -- NULL: one-off invoice
  stripe_invoice_id        text NOT NULL UNIQUE,
  stripe_payment_intent_id text,
  number                   text,
  status                   text NOT NULL CHECK (status IN ('draft','open','paid','uncollectible','void','unknown')),
  billing_reason           text,
  currency                 text NOT NULL CHECK (currency ~ '^[a-z]{3}$'),
  subtotal_minor           bigint NOT NULL DEFAULT 0,
  tax_minor                bigint NOT NULL DEFAULT 0,
  total_minor              bigint NOT NULL DEFAULT 0,
  amount_due_minor         bigint NOT NULL DEFAULT 0,
  amount_paid_minor        bigint NOT NULL DEFAULT 0,
  amount_remaining_minor   bigint NOT NULL DEFAULT 0,
  attempt_count            integer NOT NULL DEFAULT 0,
  next_payment_attempt_at  timestamptz,
  period_start             timestamptz,
  period_end               timestamptz,
  due_date                 timestamptz,
  finalized_at             timestamptz,
  paid_at                  timestamptz,
  voided_at                timestamptz,
  hosted_invoice_url       text,
  invoice_pdf              text,
  stripe_event_at          timestamptz,
  metadata                 jsonb NOT NULL DEFAULT '{}'::jsonb,
  row_version              integer NOT NULL DEFAULT 1,
  created_at               timestamptz NOT NULL DEFAULT now(),
  updated_at               timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX subscription_invoices_list_idx ON subscription_invoices (organization_id, created_at DESC, id DESC);
CREATE INDEX subscription_invoices_sub_idx  ON subscription_invoices (subscription_id);

CREATE TABLE subscription_usage (  -- one row a day
  id                    uuid PRIMARY KEY,
  subscription_id       uuid NOT NULL REFERENCES subscriptions(id) ON DELETE RESTRICT,
  date                  date NOT NULL,
  credits_used_micro    bigint NOT NULL DEFAULT 0 CHECK (credits_used_micro >= 0),
  overage_micro         bigint NOT NULL DEFAULT 0 CHECK (overage_micro >= 0),
  overage_reported_micro bigint NOT NULL DEFAULT 0 CHECK (overage_reported_micro <= overage_micro),
  tasks_executed        integer NOT NULL DEFAULT 0,
  repositories_accessed integer NOT NULL DEFAULT 0,
  tokens_used           bigint NOT NULL DEFAULT 0,
  cost_nusd             bigint NOT NULL DEFAULT 0,
  metadata              jsonb NOT NULL DEFAULT '{}'::jsonb,
  created_at            timestamptz NOT NULL DEFAULT now(),
  updated_at            timestamptz NOT NULL DEFAULT now(),
  row_version           integer NOT NULL DEFAULT 1,
  UNIQUE (subscription_id, date)
);

CREATE TABLE credit_packages (
  id                uuid PRIMARY KEY,
  name              text NOT NULL UNIQUE,
  display_name      text NOT NULL,
  description       text,
  credits_micro     bigint NOT NULL CHECK (credits_micro > 0),
  bonus_credits_micro bigint NOT NULL DEFAULT 0 CHECK (bonus_credits_micro >= 0),
  price_minor       bigint NOT NULL CHECK (price_minor > 0),
  currency          text NOT NULL DEFAULT 'usd' CHECK (currency ~ '^[a-z]{3}$'),
  expires_after_days integer CHECK (expires_after_days > 0),
  stripe_product_id text,
  stripe_price_id   text UNIQUE,
  is_active         boolean NOT NULL DEFAULT true,
  sort_order        integer NOT NULL DEFAULT 100,
  row_version       integer NOT NULL DEFAULT 1,
  created_at        timestamptz NOT NULL DEFAULT now(),
  updated_at        timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE credit_purchases (
  id                         uuid PRIMARY KEY,
  organization_id            uuid NOT NULL REFERENCES organizations(id) ON DELETE RESTRICT,
  user_id                    uuid REFERENCES users(id) ON DELETE SET NULL,
  package_id                 uuid NOT NULL REFERENCES credit_packages(id) ON DELETE RESTRICT,
  status                     text NOT NULL DEFAULT 'pending' CHECK (status IN ('pending','completed','failed','expired','partially_refunded','refunded','disputed')),
  stripe_checkout_session_id text UNIQUE,
  stripe_payment_intent_id   text UNIQUE,
  amount_minor               bigint NOT NULL CHECK (amount_minor >= 0),
  amount_refunded_minor      bigint NOT NULL DEFAULT 0 CHECK (amount_refunded_minor BETWEEN 0 AND amount_minor),
  currency                   text NOT NULL CHECK (currency ~ '^[a-z]{3}$'),
  credits_micro              bigint NOT NULL CHECK (credits_micro > 0),
  credits_revoked_micro      bigint NOT NULL DEFAULT 0 CHECK (credits_revoked_micro BETWEEN 0 AND credits_micro),
  failure_code               text,
  completed_at               timestamptz,
  expires_at                 timestamptz,
  metadata                   jsonb NOT NULL DEFAULT '{}'::jsonb,
  row_version                integer NOT NULL DEFAULT 1,
  created_at                 timestamptz NOT NULL DEFAULT now(),
  updated_at                 timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT credit_purchases_completed_at_ck CHECK (status NOT IN ('completed','partially_refunded','refunded') OR completed_at IS NOT NULL)
);
CREATE INDEX credit_purchases_list_idx    ON credit_purchases (organization_id, created_at DESC, id DESC);
CREATE INDEX credit_purchases_pending_idx ON credit_purchases (created_at) WHERE status = 'pending';
CREATE INDEX credit_purchases_user_idx    ON credit_purchases (user_id) WHERE user_id IS NOT NULL;
CREATE INDEX credit_purchases_package_idx ON credit_purchases (package_id);

CREATE TRIGGER subscription_plans_touch BEFORE UPDATE ON subscription_plans FOR EACH ROW EXECUTE FUNCTION touch_row();
CREATE TRIGGER subscriptions_touch BEFORE UPDATE ON subscriptions FOR EACH ROW EXECUTE FUNCTION touch_row();
CREATE TRIGGER subscription_invoices_touch BEFORE UPDATE ON subscription_invoices FOR EACH ROW EXECUTE FUNCTION touch_row();
CREATE TRIGGER subscription_usage_touch BEFORE UPDATE ON subscription_usage FOR EACH ROW EXECUTE FUNCTION touch_row();
CREATE TRIGGER credit_packages_touch BEFORE UPDATE ON credit_packages FOR EACH ROW EXECUTE FUNCTION touch_row();
CREATE TRIGGER credit_purchases_touch BEFORE UPDATE ON credit_purchases FOR EACH ROW EXECUTE FUNCTION touch_row();
`;

const DOWN = `
DROP TABLE credit_purchases, credit_packages, subscription_usage, subscription_invoices, subscriptions, subscription_plans;
`;

/** Creates plans, subscriptions, invoices, credit packages and purchases. */
export class Billing1764000005000 implements MigrationInterface {
  readonly name = 'Billing1764000005000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(UP);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(DOWN);
  }
}
