import { Big, Day, Table, Uuid } from '../columns';

/** What moved an organization's credits on one day. What is taken counts as a positive amount; `net` is what the balance grew by. */
@Table('credit_stats')
export class CreditStat {
  @Uuid({ primary: true, references: 'organizations', onDelete: 'CASCADE' }) organizationId!: string;
  @Day({ primary: true }) date!: string;
  @Big({ default: 0 }) spentMicro!: bigint;
  @Big({ default: 0 }) grantedMicro!: bigint;
  @Big({ default: 0 }) purchasedMicro!: bigint;
  @Big({ default: 0 }) expiredMicro!: bigint;
  @Big({ default: 0 }) netMicro!: bigint;
}
