import { Table, Uuid } from '../columns';

/** A call that is in no sum yet. A trigger writes it beside the call, the fold removes it in the transaction that adds the call to the sums. */
@Table('unfolded_usage')
export class UnfoldedUsage {
  @Uuid({ primary: true }) organizationId!: string;
  @Uuid({ primary: true }) usageId!: string;
}
