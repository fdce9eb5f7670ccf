import { Big, Day, SmallInt, Table, Time, Uuid } from '../columns';

/** The counter of a budget in one period. */
@Table('budget_periods')
export class BudgetPeriod {
  @Uuid({ primary: true, references: 'budgets', onDelete: 'CASCADE' }) budgetId!: string;
  @Day({ primary: true }) periodStart!: string;
  @Big({ default: 0, checked: true }) usedValue!: bigint;
  @Big({ default: 0, checked: true }) heldValue!: bigint;
  /** Part of `usedValue` that no hold brought. */
  @Big({ default: 0, checked: true }) otherValue!: bigint;
  @SmallInt({ default: 0 }) alertedPercent!: number;
  @Time({ default: 'now' }) createdAt!: Date;
  @Time({ default: 'now' }) updatedAt!: Date;
}
