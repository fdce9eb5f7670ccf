import { type Tx, UnitOfWork } from '@app/domain';
import { Injectable } from '@nestjs/common';
import { BillingCustomerStore } from './billing-customer.store';

/** Transactions about what Stripe tells: one after the other for each organization. */
@Injectable()
export class BillingWork {
  constructor(
    private readonly work: UnitOfWork,
    private readonly customers: BillingCustomerStore,
  ) {}

  get reader(): Tx {
    return this.work.reader;
  }

  /** The database's time: taken before Stripe is asked, it says how new the answer is at least. */
  now(): Promise<Date> {
    return this.customers.databaseTime(this.work.reader);
  }

  inTurn<T>(organizationId: string, work: (tx: Tx) => Promise<T>): Promise<T> {
    return this.work.run(async (tx) => {
      await this.customers.lock(tx, organizationId);
      return work(tx);
    });
  }

  /** For whom something at Stripe belongs to; null: nobody here. */
  ofOwner<T>(clues: Parameters<BillingCustomerStore['organizationOf']>[1], work: (tx: Tx, organizationId: string) => Promise<T>): Promise<T | null> {
    return this.work.run(async (tx) => {
      const organizationId = await this.customers.organizationOf(tx, clues);
      if (organizationId === null) return null;
      await this.customers.lock(tx, organizationId);
      return work(tx, organizationId);
    });
  }
}
