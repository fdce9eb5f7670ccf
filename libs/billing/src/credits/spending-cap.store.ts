import { sqlChange, sqlRow, sqlRows, type Tx } from '@app/domain';
import { Injectable } from '@nestjs/common';

/** A budget's counter that a hold counts in: [budget, day its period began, what it measures]. Stored with the hold. */
export type BudgetPeriodRef = readonly [budgetId: string, periodStart: string, measure: 'credits' | 'cost'];

export interface Spending {
  readonly credits: bigint;
  readonly cost: bigint;
}

interface SpendingTask {
  readonly organizationId: string;
  readonly parentTaskId: string | null;
  readonly userId: string;
  readonly repositoryId: string;
}

/** Caps on spending: a task's own, those of the tasks that it is a part of, and budgets. A cap is passed by one conditional UPDATE per counter, never read first. */
@Injectable()
export class SpendingCapStore {
  /** The task and all that it is a part of, in the order in which they are locked. */
  async cappedTasks(tx: Tx, taskId: string): Promise<{ task: SpendingTask; ids: string[] }> {
    const task = await sqlRow<SpendingTask>(tx, 'SELECT organization_id, parent_task_id, user_id, repository_id FROM tasks WHERE id = $1', [taskId]);
    if (!task) throw new Error(`there is no task ${taskId}`);
    const above = task.parentTaskId === null ? [] : await sqlRows<{ id: string }>(tx, ABOVE, [task.parentTaskId]);
    return { task, ids: [taskId, ...above.map(({ id }) => id)].sort() };
  }

  /** Budgets that a call of this task counts in, in the order in which they are locked. */
  async budgetsFor(tx: Tx, task: SpendingTask, apiKeyId: string | null): Promise<BudgetPeriodRef[]> {
    const rows = await sqlRows<{ id: string; periodStart: string; measure: 'credits' | 'cost' }>(
      tx,
      `SELECT id, measure, (CASE period WHEN 'total' THEN date '1970-01-01' WHEN 'day' THEN (now() AT TIME ZONE 'UTC')::date
                                        ELSE date_trunc('month', now() AT TIME ZONE 'UTC')::date END)::text AS period_start
         FROM budgets WHERE organization_id = $1 AND is_active AND deleted_at IS NULL
          AND (scope = 'organization' OR (scope = 'user' AND user_id = $2) OR (scope = 'repository' AND repository_id = $3) OR (scope = 'api_key' AND api_key_id = $4::uuid))
        ORDER BY id`,
      [task.organizationId, task.userId, task.repositoryId, apiKeyId],
    );
    return rows.map((row) => [row.id, row.periodStart, row.measure] as const);
  }

  /** Reserves credits under the tasks' caps; false when one refuses: roll back. */
  async reserveUnderTasks(tx: Tx, ids: readonly string[], credits: bigint): Promise<boolean> {
    return this.passTaskCaps(tx, ids, credits, 'credits_held_micro');
  }

  /** Reserves under every budget; false when one refuses: roll back. */
  async reserveUnderBudgets(tx: Tx, budgets: readonly BudgetPeriodRef[], amount: Spending): Promise<boolean> {
    for (const [id, periodStart, measure] of budgets) {
      await tx.query('INSERT INTO budget_periods (budget_id, period_start) VALUES ($1, $2::date) ON CONFLICT DO NOTHING', [id, periodStart]);
      if (!(await this.passBudget(tx, [id, periodStart, measure], amount[measure], 'held_value'))) return false;
    }
    return true;
  }

  /** Turns a reservation into what was used. Not conditional: it was passed when it was reserved. */
  async settle(tx: Tx, ids: readonly string[], budgets: readonly BudgetPeriodRef[], spent: { held: Spending; used: Spending }): Promise<void> {
    for (const id of ids) {
      await sqlChange(tx, 'UPDATE task_counters SET credits_held_micro = credits_held_micro - $2, credits_used_micro = credits_used_micro + $3 WHERE task_id = $1', [id, spent.held.credits, spent.used.credits]);
    }
    for (const [id, periodStart, measure] of budgets) {
      await sqlChange(
        tx,
        'UPDATE budget_periods SET held_value = held_value - $3, used_value = used_value + $4, updated_at = now() WHERE budget_id = $1 AND period_start = $2::date',
        [id, periodStart, spent.held[measure], spent.used[measure]],
      );
    }
  }

  /** Counts credits used above a hold, if every cap and budget has room; false: roll back. */
  async useMore(tx: Tx, ids: readonly string[], budgets: readonly BudgetPeriodRef[], credits: bigint): Promise<boolean> {
    if (!(await this.passTaskCaps(tx, ids, credits, 'credits_used_micro'))) return false;
    for (const budget of budgets) {
      if (budget[2] === 'credits' && !(await this.passBudget(tx, budget, credits, 'used_value'))) return false;
    }
    return true;
  }

  private async passTaskCaps(tx: Tx, ids: readonly string[], credits: bigint, column: 'credits_held_micro' | 'credits_used_micro'): Promise<boolean> {
    for (const id of ids) {
      const passed = await sqlChange(
        tx,
        `UPDATE task_counters k SET ${column} = ${column} + $2 FROM tasks t
          WHERE k.task_id = $1 AND t.id = k.task_id AND (t.max_credits_micro IS NULL OR k.credits_used_micro + k.credits_held_micro + $2 <= t.max_credits_micro)`,
        [id, credits],
      );
      if (passed === 0) return false;
    }
    return true;
  }

  private async passBudget(tx: Tx, [id, periodStart]: BudgetPeriodRef, amount: bigint, column: 'held_value' | 'used_value'): Promise<boolean> {
    const passed = await sqlChange(
      tx,
      `UPDATE budget_periods p SET ${column} = ${column} + $3, updated_at = now() FROM budgets b
        WHERE p.budget_id = $1 AND p.period_start = $2::date AND b.id = p.budget_id AND p.used_value + p.held_value + $3 <= b.limit_value`,
      [id, periodStart, amount],
    );
    return passed > 0;
  }
}

/** A parent is there before its child, so the line ends. */
const ABOVE = `
WITH RECURSIVE line AS (
  SELECT id, parent_task_id FROM tasks WHERE id = $1
  UNION SELECT p.id, p.parent_task_id FROM line JOIN tasks p ON p.id = line.parent_task_id)
SELECT id FROM line`;
