import { BudgetStore, type BudgetRow, type BudgetScope } from '@app/billing';
import { invalidField, notFound } from '@app/common';
import { recordAudit, UnitOfWork, type Tx } from '@app/domain';
import { Injectable } from '@nestjs/common';
import type { Principal } from '../auth/principal';
import { contentTag, versionConflict } from '../http/etag';
import type { IdempotentCall } from '../http/idempotency/idempotent-call';
import { readAmount } from './dto/budget-amount';
import { ALERT_PERCENTS, type CreateBudgetDto, type UpdateBudgetDto } from './dto/budget.dto';
import { BudgetResponse } from './dto/budget.response';

/** Which version of a budget a change is meant for; null: whatever it is. */
export interface Target {
  readonly row: BudgetRow;
  readonly rowVersion: number | null;
}

const TARGET_FIELDS = { user: 'userId', repository: 'repositoryId', api_key: 'apiKeyId', automation: 'automationId' } as const;

/** An organization's spending limits. Every write leaves an audit row. */
@Injectable()
export class BudgetsService {
  constructor(
    private readonly budgets: BudgetStore,
    private readonly unitOfWork: UnitOfWork,
  ) {}

  /** @throws {AppError} not_found */
  async visible({ organizationId }: Principal, id: string): Promise<BudgetRow> {
    const row = await this.budgets.find(this.unitOfWork.reader, organizationId, id);
    if (!row) throw notFound();
    return row;
  }

  /** @throws {AppError} validation_failed, not_found; budget_duplicate comes from the database */
  create({ organizationId, userId }: Principal, dto: CreateBudgetDto, call: IdempotentCall | null): Promise<BudgetResponse> {
    const { scope, period } = dto;
    const measure = dto.measure ?? (scope === 'api_key' ? 'cost' : 'credits');
    if (scope === 'api_key' && measure !== 'cost') throw invalidField('/measure', 'invalid_value', 'calls on an own key cost no credits: a budget of an api_key measures cost');
    const targetId = targetOf(dto);
    const limitValue = amountOf(measure, dto.limit);
    return this.unitOfWork.run(async (tx) => {
      const row = await this.budgets.create(tx, {
        organizationId, scope, targetId, measure, period, limitValue, alertPercents: dto.alertPercents ?? [...ALERT_PERCENTS], isActive: dto.isActive ?? true, createdByUserId: userId,
      });
      const body = BudgetResponse.from(row);
      await this.record(tx, organizationId, { action: 'budget.created', id: row.id, changes: { scope, targetId, measure, period, limit: body.limit } });
      await call?.complete(tx, { status: 201, body, headers: { Location: `/api/v1/budgets/${row.id}`, ETag: contentTag(body) } });
      return body;
    });
  }

  /** @throws {AppError} validation_failed, version_conflict, not_found */
  update({ organizationId }: Principal, { row: { id, measure }, rowVersion }: Target, dto: UpdateBudgetDto): Promise<BudgetRow> {
    const limitValue = dto.limit === undefined ? undefined : amountOf(measure, dto.limit);
    return this.unitOfWork.run(async (tx) => {
      const row = await this.budgets.update(tx, { organizationId, id, rowVersion }, { limitValue, alertPercents: dto.alertPercents, isActive: dto.isActive });
      if (!row) throw await this.refusal(tx, organizationId, id);
      await this.record(tx, organizationId, { action: 'budget.updated', id, changes: { ...dto } });
      return row;
    });
  }

  /** @throws {AppError} version_conflict, not_found */
  async delete({ organizationId }: Principal, { row: { id }, rowVersion }: Target): Promise<void> {
    await this.unitOfWork.run(async (tx) => {
      if (!(await this.budgets.delete(tx, { organizationId, id, rowVersion }))) throw await this.refusal(tx, organizationId, id);
      await this.record(tx, organizationId, { action: 'budget.deleted', id });
    });
  }

  private async refusal(tx: Tx, organizationId: string, id: string): Promise<Error> {
    return (await this.budgets.find(tx, organizationId, id)) ? versionConflict() : notFound();
  }

  private record(tx: Tx, organizationId: string, entry: { action: `budget.${string}`; id: string; changes?: Record<string, unknown> }): Promise<void> {
    return recordAudit(tx, { organizationId, action: entry.action, targetType: 'budget', targetId: entry.id, changes: entry.changes });
  }
}

/** @throws {AppError} validation_failed: the scope's own id is missing, or another one was sent */
function targetOf(dto: CreateBudgetDto): string | null {
  const wanted = dto.scope === 'organization' ? null : TARGET_FIELDS[dto.scope];
  for (const field of Object.values(TARGET_FIELDS)) {
    if (dto[field] !== undefined && field !== wanted) throw invalidField(`/${field}`, 'not_allowed', `${field} does not go with the scope ${dto.scope satisfies BudgetScope}`);
  }
  if (wanted === null) return null;
  const id = dto[wanted];
  if (id === undefined) throw invalidField(`/${wanted}`, 'required', `${wanted} is required with the scope ${dto.scope}`);
  return id;
}

function amountOf(measure: BudgetRow['measure'], limit: number | string): bigint {
  const value = readAmount(measure, limit);
  if (value === null) throw invalidField('/limit', 'invalid_value', measure === 'credits' ? 'must be credits as a number, with at most 6 decimals' : 'must be US dollars as text, with at most 9 decimals');
  return value;
}
