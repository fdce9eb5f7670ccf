import { Big, Table, Time, Uuid } from '../columns';

/** Cached balances of an organization; only the ledger writes it. */
@Table('credit_accounts', { checks: ['credit_accounts_never_below_zero_ck'] })
export class CreditAccount {
  @Uuid({ primary: true, references: 'organizations', onDelete: 'RESTRICT' }) organizationId!: string;
  @Big({ default: 0 }) availableMicro!: bigint;
  @Big({ default: 0 }) heldMicro!: bigint;
  @Big({ default: 0 }) debtMicro!: bigint;
  @Big({ default: 0 }) lifetimeGrantedMicro!: bigint;
  @Big({ default: 0 }) lifetimeUsedMicro!: bigint;
  @Big({ default: 0 }) lastSeq!: bigint;
  @Big({ nullable: true, checked: true }) lowBalanceMicro!: bigint | null;
  @Time({ default: 'now' }) createdAt!: Date;
  @Time({ default: 'now' }) updatedAt!: Date;
}
