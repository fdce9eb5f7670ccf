import { Big, Table, Uuid } from '../columns';

/** Up to which transaction an organization's credits are in the daily sums. */
@Table('credit_stat_marks')
export class CreditStatMark {
  @Uuid({ primary: true, references: 'organizations', onDelete: 'CASCADE' }) organizationId!: string;
  @Big() seq!: bigint;
}
