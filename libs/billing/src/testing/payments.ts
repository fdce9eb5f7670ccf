import { newId } from '@app/common';
import { CreditPackage, CreditPurchase, SubscriptionInvoice } from '@app/domain';
import { insert, unique } from '@app/domain/testing';
import type { UnitOfWork } from '@app/domain';

type Database = ConstructorParameters<typeof UnitOfWork>[0];

/** A completed purchase's row; the ledger has not heard of it. */
export async function aPurchase(db: Database, organizationId: string, creditsMicro: bigint): Promise<string> {
  const pack = await insert(db, CreditPackage, { id: newId(), name: unique('package'), displayName: 'Package', creditsMicro, priceMinor: 1_000n });
  const id = newId();
  await insert(db, CreditPurchase, { id, organizationId, packageId: pack.id, status: 'completed', amountMinor: 1_000n, currency: 'usd', creditsMicro, completedAt: new Date() });
  return id;
}

/** A paid invoice's row of a subscription. */
export async function anInvoice(db: Database, organizationId: string, subscriptionId: string): Promise<string> {
  const id = newId();
  await insert(db, SubscriptionInvoice, { id, organizationId, subscriptionId, stripeInvoiceId: unique('in'), status: 'paid', currency: 'usd' });
  return id;
}
