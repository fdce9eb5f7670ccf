import { sqlChange, sqlRow, type Tx } from '@app/domain';
import { Injectable } from '@nestjs/common';

/** An organization as a customer. */
export interface BillingCustomer {
  readonly id: string;
  readonly name: string;
  readonly ownerUserId: string;
  readonly stripeCustomerId: string | null;
  readonly email: string | null;
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** Which organization is which customer at Stripe. */
@Injectable()
export class BillingCustomerStore {
  find(manager: Tx, organizationId: string): Promise<BillingCustomer | null> {
    return sqlRow<BillingCustomer>(
      manager,
      `SELECT o.id, o.name, o.owner_user_id, o.stripe_customer_id, coalesce(o.billing_email, u.email) AS email FROM organizations o LEFT JOIN users u ON u.id = o.owner_user_id WHERE o.id = $1 AND o.status <> 'deleted'`,
      [organizationId],
    );
  }

  /**
   * The organization that something at Stripe belongs to: by our row of the subscription, by its customer, or by what its metadata says, as
   * long as that organization is no other customer. Null: none of ours.
   */
  async organizationOf(manager: Tx, clues: { subscriptionId?: string | null; customerId: string | null; metadata?: string | null }): Promise<string | null> {
    const { subscriptionId = null, customerId, metadata = null } = clues;
    const row = await sqlRow<{ id: string }>(
      manager,
      `SELECT organization_id AS id FROM subscriptions WHERE stripe_subscription_id = $1
       UNION ALL SELECT id FROM organizations WHERE stripe_customer_id = $2
       UNION ALL SELECT id FROM organizations WHERE id = $3::uuid AND (stripe_customer_id IS NULL OR stripe_customer_id = $2) LIMIT 1`,
      [subscriptionId, customerId, metadata !== null && UUID.test(metadata) ? metadata : null],
    );
    return row?.id ?? null;
  }

  /** Links an organization that is no customer yet; returns the customer that it is. */
  async link(tx: Tx, organizationId: string, customerId: string): Promise<string> {
    const row = await sqlRow<{ stripeCustomerId: string }>(tx, `UPDATE organizations SET stripe_customer_id = coalesce(stripe_customer_id, $2) WHERE id = $1 RETURNING stripe_customer_id`, [organizationId, customerId]);
    return row?.stripeCustomerId ?? customerId;
  }

  /** Takes over the address that bills go to; null unlinks a customer that is gone. Returns whose it is. */
  async refresh(tx: Tx, customerId: string, customer: { email: string | null } | null): Promise<string | null> {
    const row = customer === null
      ? await sqlRow<{ id: string }>(tx, 'UPDATE organizations SET stripe_customer_id = NULL WHERE stripe_customer_id = $1 RETURNING id', [customerId])
      : await sqlRow<{ id: string }>(tx, 'UPDATE organizations SET billing_email = coalesce($2, billing_email) WHERE stripe_customer_id = $1 RETURNING id', [customerId, customer.email]);
    return row?.id ?? null;
  }

  /** Everything that Stripe tells about an organization is written one after the other. */
  async lock(tx: Tx, organizationId: string): Promise<void> {
    await sqlChange(tx, `SELECT pg_advisory_xact_lock(hashtextextended('stripe-' || $1::text, 0))`, [organizationId]);
  }

  async databaseTime(manager: Tx): Promise<Date> {
    const row = await sqlRow<{ at: Date }>(manager, 'SELECT clock_timestamp() AS at');
    return row?.at ?? new Date(0);
  }
}
