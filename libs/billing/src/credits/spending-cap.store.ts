import { sqlChange, sqlRow, sqlRows, type Tx } from '@app/domain';
import { Injectable } from '@nestjs/common';
import { reachedPercents, type SpendingAlert, type SpendingLimit } from '../budgets/spending-limit';

/** A budget's counter that a hold counts in: [budget, day its period began, what it measures]. Stored with the hold. */
export type BudgetPeriodRef = readonly [budgetId: string, periodStart: string, measure: 'credits' | 'cost'];

export interface Spending {
  readonly credits: bigint;
  readonly cost: bigint;
}

/** The day on which a budget's period began; `b` is the budget. */
export const PERIOD_START = `(CASE b.period WHEN 'total' THEN date '1970-01-01' WHEN 'day' THEN (now() AT TIME ZONE 'UTC')::date ELSE date_trunc('month', now() AT TIME ZONE 'UTC')::date END)`;

/** Who spends: what budgets are looked up by. */
export interface Spender {
  readonly organizationId: string;
  readonly userId: string;
  /** null: on no repository. */
  readonly repositoryId: string | null;
  readonly automationId: string | null;
}

interface SpendingTask extends Spender {
  readonly parentTaskId: string | null;
}

/** Caps on spending: a task's own, those of the tasks that it is a part of, and budgets. A cap is passed by one conditional UPDATE per counter, never read first. */
@Injectable()
export class SpendingCapStore {
  /** The task and all that it is a part of, in the order in which they are locked. */
  async cappedTasks(tx: Tx, taskId: string): Promise<{ task: SpendingTask; ids: string[] }> {
    const task = await sqlRow<SpendingTask>(tx, 'SELECT organization_id, parent_task_id, user_id, repository_id, automation_id FROM tasks WHERE id = $1', [taskId]);
    if (!task) throw new Error(`there is no task ${taskId}`);
    const above = task.parentTaskId === null ? [] : await sqlRows<{ id: string; automationId: string | null }>(tx, ABOVE, [task.parentTaskId]);
    // What an automation started spends for it, its child tasks too.
    const automationId = task.automationId ?? above.find((one) => one.automationId !== null)?.automationId ?? null;
    return { task: { ...task, automationId }, ids: [taskId, ...above.map(({ id }) => id)].sort() };
  }

  /** Budgets that a call of this task counts in, in the order in which they are locked. */
  async budgetsFor(tx: Tx, task: Spender, apiKeyId: string | null): Promise<BudgetPeriodRef[]> {
    const rows = await sqlRows<{ id: string; periodStart: string; measure: 'credits' | 'cost' }>(
      tx,
      `SELECT id, measure, ${PERIOD_START}::text AS period_start
         FROM budgets b WHERE organization_id = $1 AND is_active AND deleted_at IS NULL
          AND (scope = 'organization' OR (scope = 'user' AND user_id = $2) OR (scope = 'repository' AND repository_id = $3) OR (scope = 'api_key' AND api_key_id = $4::uuid)
            OR (scope = 'automation' AND automation_id = $5::uuid))
        ORDER BY id`,
      [task.organizationId, task.userId, task.repositoryId, apiKeyId, task.automationId],
    );
    return rows.map((row) => [row.id, row.periodStart, row.measure] as const);
  }

  /** Reserves credits under the tasks' caps; the one that refuses: roll back. */
  async reserveUnderTasks(tx: Tx, ids: readonly string[], credits: bigint): Promise<SpendingLimit | null> {
    return this.passTaskCaps(tx, ids, credits, 'credits_held_micro');
  }

  /** Reserves under every budget; the one that refuses: roll back. */
  async reserveUnderBudgets(tx: Tx, budgets: readonly BudgetPeriodRef[], amount: Spending): Promise<SpendingLimit | null> {
    for (const budget of budgets) {
      await this.openPeriod(tx, budget);
      if (!(await this.passBudget(tx, budget, amount[budget[2]], 'held_value'))) return this.budgetLimit(tx, budget);
    }
    return null;
  }

  /** Turns a reservation into what was used; returns the thresholds that this passed. Not conditional: it was passed when it was reserved. */
  async settle(tx: Tx, ids: readonly string[], budgets: readonly BudgetPeriodRef[], spent: { held: Spending; used: Spending }): Promise<SpendingAlert[]> {
    const alerts: SpendingAlert[] = [];
    for (const id of ids) {
      const row = await sqlRow<TaskCapRow & { alertedBefore: bigint }>(tx, SETTLE_TASK, [id, spent.held.credits, spent.used.credits, TASK_ALERT_PERCENTS], [...CAP_BIGINTS, 'alertedBefore']);
      if (row) alerts.push(...alertsOfTask(id, row));
    }
    for (const [id, periodStart, measure] of budgets) {
      const row = await sqlRow<SpendingLimit & BudgetAlertRow>(tx, SETTLE_BUDGET, [id, periodStart, spent.held[measure], spent.used[measure]], LIMIT_BIGINTS);
      if (row) alerts.push(...alertsOfBudget(row));
    }
    return alerts;
  }

  /** Counts credits used above a hold, if every cap and budget has room; returns the thresholds that this passed, or the one that has none: roll back. */
  async useMore(tx: Tx, ids: readonly string[], budgets: readonly BudgetPeriodRef[], credits: bigint): Promise<{ refusedBy: SpendingLimit } | { alerts: SpendingAlert[] }> {
    const cap = await this.passTaskCaps(tx, ids, credits, 'credits_used_micro');
    if (cap) return { refusedBy: cap };
    for (const budget of budgets) {
      if (budget[2] === 'credits' && !(await this.passBudget(tx, budget, credits, 'used_value'))) return { refusedBy: await this.budgetLimit(tx, budget) };
    }
    return { alerts: await this.settle(tx, ids, budgets, { held: NOTHING, used: NOTHING }) };
  }

  /** The budget as it stands, when it has no room for so much; null: it has. */
  async withoutRoom(tx: Tx, budget: BudgetPeriodRef, amount: bigint): Promise<SpendingLimit | null> {
    await this.openPeriod(tx, budget);
    const limit = await this.budgetLimit(tx, budget);
    return limit.used + limit.held + amount > limit.limit ? limit : null;
  }

  /** Counts what was spent without a hold. */
  async addWithoutHold(tx: Tx, budget: BudgetPeriodRef, amount: bigint): Promise<void> {
    await this.openPeriod(tx, budget);
    await sqlChange(tx, 'UPDATE budget_periods SET used_value = used_value + $3, other_value = other_value + $3, updated_at = now() WHERE budget_id = $1 AND period_start = $2::date', [budget[0], budget[1], amount]);
  }

  /** What was announced of a limit is raised to all of it, once per cap of a task or period of a budget; false: it was announced before. */
  async markExhausted(tx: Tx, { id, scope }: SpendingLimit): Promise<boolean> {
    return (await sqlChange(tx, scope === 'task' ? EXHAUST_TASK : EXHAUST_BUDGET, [id])) > 0;
  }

  private async passTaskCaps(tx: Tx, ids: readonly string[], credits: bigint, column: 'credits_held_micro' | 'credits_used_micro'): Promise<SpendingLimit | null> {
    for (const id of ids) {
      const passed = await sqlChange(
        tx,
        `UPDATE task_counters k SET ${column} = ${column} + $2 FROM tasks t
          WHERE k.task_id = $1 AND t.id = k.task_id AND (t.max_credits_micro IS NULL OR k.credits_used_micro + k.credits_held_micro + $2 <= t.max_credits_micro)`,
        [id, credits],
      );
      if (passed === 0) return this.taskLimit(tx, id);
    }
    return null;
  }

  private async openPeriod(tx: Tx, [id, periodStart]: BudgetPeriodRef): Promise<void> {
    await tx.query('INSERT INTO budget_periods (budget_id, period_start) VALUES ($1, $2::date) ON CONFLICT DO NOTHING', [id, periodStart]);
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

  private async taskLimit(tx: Tx, id: string): Promise<SpendingLimit> {
    const row = await sqlRow<TaskCapRow>(tx, `SELECT t.max_credits_micro AS cap, k.credits_used_micro AS used, k.credits_held_micro AS held FROM tasks t JOIN task_counters k ON k.task_id = t.id WHERE t.id = $1`, [id], CAP_BIGINTS);
    if (!row) throw new Error(`task ${id} has no counters`);
    return limitOfTask(id, row);
  }

  private async budgetLimit(tx: Tx, [id, periodStart]: BudgetPeriodRef): Promise<SpendingLimit> {
    const row = await sqlRow<SpendingLimit>(tx, `SELECT ${LIMIT_COLUMNS} FROM budgets b JOIN budget_periods p ON p.budget_id = b.id AND p.period_start = $2::date WHERE b.id = $1`, [id, periodStart], LIMIT_BIGINTS);
    if (!row) throw new Error(`budget ${id} has no period ${periodStart}`);
    return row;
  }
}

interface TaskCapRow {
  readonly cap: bigint | null;
  readonly used: bigint;
  readonly held: bigint;
}

interface BudgetAlertRow {
  readonly alertPercents: readonly number[];
  readonly alertedBefore: number;
}

const NOTHING: Spending = { credits: 0n, cost: 0n };
const CAP_BIGINTS = ['cap', 'used', 'held'] as const;
const LIMIT_BIGINTS = ['limit', 'used', 'held'] as const;
const LIMIT_COLUMNS = 'b.id, b.scope, b.measure, b.period, b.limit_value AS "limit", p.used_value AS used, p.held_value AS held';

/** Shares of a task's cap that are told to whoever follows it. */
const TASK_ALERT_PERCENTS = [80, 90, 100] as const;

function limitOfTask(id: string, { cap, used, held }: TaskCapRow): SpendingLimit {
  return { id, scope: 'task', measure: 'credits', period: 'total', limit: cap ?? 0n, used, held };
}

/** Each threshold once under a cap: the amount up to which was announced is kept with the counter, so another cap has thresholds of its own. */
function alertsOfTask(id: string, { alertedBefore, ...row }: TaskCapRow & { alertedBefore: bigint }): SpendingAlert[] {
  const { cap, used } = row;
  if (cap === null) return [];
  return reachedPercents(TASK_ALERT_PERCENTS, cap, used).filter((percent) => (cap * BigInt(percent) + 99n) / 100n > alertedBefore).map((percent) => ({ ...limitOfTask(id, row), percent }));
}

/** Each threshold once in a period: what was announced is kept with the counter. */
function alertsOfBudget({ alertPercents, alertedBefore, ...limit }: SpendingLimit & BudgetAlertRow): SpendingAlert[] {
  return reachedPercents(alertPercents, limit.limit, limit.used).filter((percent) => percent > alertedBefore).map((percent) => ({ ...limit, percent }));
}

/** `$4` percents. Here and below: the highest threshold that is reached is noted in the same statement that counts. */
const SETTLE_TASK = `
UPDATE task_counters k SET credits_held_micro = k.credits_held_micro - $2::bigint, credits_used_micro = k.credits_used_micro + $3::bigint,
       alerted_micro = greatest(k.alerted_micro, (SELECT max((t.max_credits_micro * a + 99) / 100) FROM unnest($4::smallint[]) a
                                                   WHERE k.credits_used_micro + $3::bigint > 0 AND (k.credits_used_micro + $3::bigint)::numeric * 100 >= t.max_credits_micro::numeric * a))
  FROM tasks t, (SELECT task_id, alerted_micro FROM task_counters WHERE task_id = $1 FOR NO KEY UPDATE) o
 WHERE k.task_id = o.task_id AND t.id = k.task_id
RETURNING t.max_credits_micro AS cap, k.credits_used_micro AS used, k.credits_held_micro AS held, o.alerted_micro AS alerted_before`;

const SETTLE_BUDGET = `
UPDATE budget_periods p SET held_value = p.held_value - $3::bigint, used_value = p.used_value + $4::bigint, updated_at = now(),
       alerted_percent = greatest(p.alerted_percent, (SELECT max(a) FROM unnest(b.alert_percents) a WHERE p.used_value + $4::bigint > 0 AND (p.used_value + $4::bigint)::numeric * 100 >= b.limit_value::numeric * a))
  FROM budgets b, (SELECT budget_id, period_start, alerted_percent FROM budget_periods WHERE budget_id = $1 AND period_start = $2::date FOR NO KEY UPDATE) o
 WHERE p.budget_id = o.budget_id AND p.period_start = o.period_start AND b.id = p.budget_id
RETURNING ${LIMIT_COLUMNS}, b.alert_percents, o.alerted_percent AS alerted_before`;

const EXHAUST_TASK = `
UPDATE task_counters k SET alerted_micro = t.max_credits_micro FROM tasks t WHERE k.task_id = $1 AND t.id = k.task_id AND k.alerted_micro < t.max_credits_micro`;
const EXHAUST_BUDGET = `
UPDATE budget_periods p SET alerted_percent = 100 FROM budgets b
 WHERE b.id = $1 AND p.budget_id = b.id AND p.period_start = ${PERIOD_START} AND p.alerted_percent < 100 AND 100 = ANY (b.alert_percents)`;

/** A parent is there before its child, so the line ends. */
const ABOVE = `
WITH RECURSIVE line AS (
  SELECT id, parent_task_id, automation_id FROM tasks WHERE id = $1
  UNION SELECT p.id, p.parent_task_id, p.automation_id FROM line JOIN tasks p ON p.id = line.parent_task_id)
SELECT id, automation_id FROM line`;
