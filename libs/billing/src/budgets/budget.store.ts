import { newId, notFound, toPage, type Page, type PageRequest } from '@app/common';
import { sqlRow, sqlRows, type Budget, type Tx } from '@app/domain';
import { Injectable } from '@nestjs/common';
import { PERIOD_START } from '../credits/spending-cap.store';
import type { BudgetScope } from './spending-limit';

/** A budget with its counter of the period that runs now. Values are microcredits, or nano-USD when it measures cost. */
export type BudgetRow = Pick<
  Budget,
  'id' | 'scope' | 'userId' | 'repositoryId' | 'apiKeyId' | 'automationId' | 'measure' | 'period' | 'limitValue' | 'alertPercents' | 'isActive' | 'rowVersion' | 'createdAt' | 'updatedAt'
> & { readonly periodStart: string; readonly usedValue: bigint; readonly heldValue: bigint };

/** Which budget of which organization; with `rowVersion` only while that is its version. */
export interface OwnedBudget {
  readonly organizationId: string;
  readonly id: string;
  readonly rowVersion?: number | null;
}

/** `targetId`: the user, repository, API key or automation that a scope is about; null for the organization. */
export interface NewBudget extends Pick<Budget, 'organizationId' | 'scope' | 'measure' | 'period' | 'limitValue' | 'alertPercents' | 'isActive'> {
  readonly targetId: string | null;
  readonly createdByUserId: string;
}

export type BudgetChanges = Partial<Pick<Budget, 'limitValue' | 'alertPercents' | 'isActive'>>;

/** One period's counter. */
export interface BudgetPeriodRow {
  readonly periodStart: string;
  readonly usedValue: bigint;
  readonly heldValue: bigint;
  readonly alertedPercent: number;
}

const BIGINTS = ['limitValue', 'usedValue', 'heldValue'] as const;
const SHOWN = `b.id, b.scope, b.user_id, b.repository_id, b.api_key_id, b.automation_id, b.measure, b.period, b.limit_value, b.alert_percents, b.is_active, b.row_version, b.created_at, b.updated_at,
  ${PERIOD_START}::text AS period_start,
  coalesce((SELECT p.used_value FROM budget_periods p WHERE p.budget_id = b.id AND p.period_start = ${PERIOD_START}), 0) AS used_value,
  coalesce((SELECT p.held_value FROM budget_periods p WHERE p.budget_id = b.id AND p.period_start = ${PERIOD_START}), 0) AS held_value`;
const MINE = 'b.organization_id = $1 AND b.deleted_at IS NULL';
const THIS = `${MINE} AND b.id = $2 AND ($3::integer IS NULL OR b.row_version = $3)`;

/** Spending limits of organizations. Counters are written where calls are held and settled. */
@Injectable()
export class BudgetStore {
  /**
   * Makes a budget. What was spent in the running day or month counts from the start; one without periods begins at nothing.
   * @throws {AppError} not_found: its target is not of the organization; a double breaks budgets_one_uq
   */
  async create(tx: Tx, budget: NewBudget): Promise<BudgetRow> {
    await this.assertTarget(tx, budget);
    const of = (scope: BudgetScope): string | null => (budget.scope === scope ? budget.targetId : null);
    const id = newId();
    await tx.query(
      `INSERT INTO budgets (id, organization_id, scope, user_id, repository_id, api_key_id, automation_id, measure, period, limit_value, alert_percents, is_active, created_by_user_id)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)`,
      [
        id, budget.organizationId, budget.scope, of('user'), of('repository'), of('api_key'), of('automation'), budget.measure, budget.period, budget.limitValue, budget.alertPercents,
        budget.isActive, budget.createdByUserId,
      ],
    );
    if (budget.period !== 'total') await tx.query(OPENING, [id]);
    const row = await this.find(tx, budget.organizationId, id);
    if (!row) throw new Error('the budget was not stored');
    return row;
  }

  find(manager: Tx, organizationId: string, id: string): Promise<BudgetRow | null> {
    return sqlRow<BudgetRow>(manager, `SELECT ${SHOWN} FROM budgets b WHERE ${MINE} AND b.id = $2`, [organizationId, id], BIGINTS);
  }

  async list(manager: Tx, { organizationId, scope }: { organizationId: string; scope?: BudgetScope }, page: PageRequest): Promise<Page<BudgetRow>> {
    const [after, direction] = page.order === 'desc' ? ['<', 'DESC'] : ['>', 'ASC'];
    const rows = await sqlRows<BudgetRow & { pageSort: string }>(
      manager,
      `SELECT ${SHOWN}, b.created_at::text AS page_sort FROM budgets b
        WHERE ${MINE} AND ($5::text IS NULL OR b.scope = $5) AND ($2::timestamptz IS NULL OR (b.created_at, b.id) ${after} ($2, $3::uuid)) ORDER BY b.created_at ${direction}, b.id ${direction} LIMIT $4`,
      [organizationId, page.after?.sort ?? null, page.after?.id ?? null, page.limit + 1, scope ?? null],
      BIGINTS,
    );
    return toPage(rows, page.limit, (row) => ({ sort: row.pageSort, id: row.id }));
  }

  /**
   * Merges the given fields; null when it is not there or its version is another. A lower limit stops no call that runs; under another limit or
   * other thresholds, those that are not reached will be told again.
   */
  async update(tx: Tx, target: OwnedBudget, changes: BudgetChanges): Promise<BudgetRow | null> {
    const changed = await sqlRow(
      tx,
      `UPDATE budgets b SET limit_value = coalesce($4, b.limit_value), alert_percents = coalesce($5::smallint[], b.alert_percents), is_active = coalesce($6, b.is_active) WHERE ${THIS} RETURNING b.id`,
      [...keyOf(target), changes.limitValue ?? null, changes.alertPercents ?? null, changes.isActive ?? null],
    );
    if (!changed) return null;
    await tx.query(
      `UPDATE budget_periods p SET alerted_percent = coalesce((SELECT max(a) FROM unnest(b.alert_percents) a WHERE p.used_value > 0 AND p.used_value::numeric * 100 >= b.limit_value::numeric * a AND a <= p.alerted_percent), 0)
         FROM budgets b WHERE b.id = $1 AND p.budget_id = b.id AND p.period_start = ${PERIOD_START}`,
      [target.id],
    );
    return this.find(tx, target.organizationId, target.id);
  }

  /** Takes the budget away: it limits nothing from the next call on. False when it is not there or its version is another. */
  async delete(tx: Tx, target: OwnedBudget): Promise<boolean> {
    return (await sqlRow(tx, `UPDATE budgets b SET deleted_at = now(), is_active = false WHERE ${THIS} RETURNING b.id`, keyOf(target))) !== null;
  }

  /** Counters of a budget, by the day their period began. */
  async periods(manager: Tx, { organizationId, id }: OwnedBudget, page: PageRequest): Promise<Page<BudgetPeriodRow>> {
    const [after, direction] = page.order === 'desc' ? ['<', 'DESC'] : ['>', 'ASC'];
    const rows = await sqlRows<BudgetPeriodRow>(
      manager,
      `SELECT p.period_start::text AS period_start, p.used_value, p.held_value, p.alerted_percent FROM budget_periods p JOIN budgets b ON b.id = p.budget_id
        WHERE ${MINE} AND b.id = $2 AND ($3::date IS NULL OR p.period_start ${after} $3::date) ORDER BY p.period_start ${direction} LIMIT $4`,
      [organizationId, id, page.after?.sort ?? null, page.limit + 1],
      ['usedValue', 'heldValue'],
    );
    return toPage(rows, page.limit, (row) => ({ sort: row.periodStart, id }));
  }

  /** @throws {AppError} not_found */
  private async assertTarget(tx: Tx, { organizationId, scope, targetId }: NewBudget): Promise<void> {
    if (scope === 'organization') return;
    if (targetId === null || !(await sqlRow(tx, TARGETS[scope], [organizationId, targetId]))) throw notFound();
  }
}

function keyOf({ organizationId, id, rowVersion }: OwnedBudget): unknown[] {
  return [organizationId, id, rowVersion ?? null];
}

const TARGETS: Readonly<Record<Exclude<BudgetScope, 'organization'>, string>> = {
  user: 'SELECT 1 FROM organization_members WHERE organization_id = $1 AND user_id = $2',
  repository: 'SELECT 1 FROM repositories WHERE organization_id = $1 AND id = $2 AND disconnected_at IS NULL',
  api_key: 'SELECT 1 FROM api_keys WHERE organization_id = $1 AND id = $2 AND deleted_at IS NULL',
  automation: 'SELECT 1 FROM automations WHERE organization_id = $1 AND id = $2',
};

/** What was spent in the period before the budget was made, by the usage rows. */
const OPENING = `
INSERT INTO budget_periods (budget_id, period_start, used_value, other_value)
SELECT b.id, ${PERIOD_START}, s.spent, s.spent
  FROM budgets b, LATERAL (
    SELECT coalesce(sum(CASE b.measure WHEN 'credits' THEN l.credits_micro ELSE l.cost_nusd END), 0)::bigint AS spent
      FROM api_key_usage_logs l LEFT JOIN tasks t ON t.id = l.task_id
     WHERE l.organization_id = b.organization_id AND l.created_at >= ${PERIOD_START}::timestamp AT TIME ZONE 'UTC'
       AND CASE b.scope WHEN 'organization' THEN true WHEN 'user' THEN coalesce(t.user_id, l.user_id) = b.user_id WHEN 'repository' THEN t.repository_id = b.repository_id
                        WHEN 'api_key' THEN l.api_key_id = b.api_key_id ELSE t.automation_id = b.automation_id END) s
 WHERE b.id = $1`;
