import { Index } from 'typeorm';
import { Big, Table, Text, Uuid } from '../columns';

/** One side of a transfer; the sides sum to zero. */
@Table('credit_entries')
@Index('credit_entries_account_idx', ['organizationId', 'account'])
export class CreditEntry {
  @Uuid({ primary: true, references: 'credit_transactions', onDelete: 'RESTRICT' }) transactionId!: string;
  @Text({ primary: true, checked: true })
  account!: 'available' | 'held' | 'debt' | 'revenue' | 'grants' | 'purchases' | 'purchases_clearing' | 'refunds' | 'expired' | 'overrun' | 'adjustments' | 'advances' | 'overage';
  @Uuid({ references: 'credit_accounts.organizationId', onDelete: 'RESTRICT' }) organizationId!: string;
  @Big({ checked: true }) amountMicro!: bigint;
}
