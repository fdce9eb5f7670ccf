import { AppError, newId, notFound, toPage, type Page, type PageRequest } from '@app/common';
import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { holdMembership } from '../organizations/held-membership';
import { sqlChange, sqlRow, sqlRows, storableJson, storableText } from '../sql';
import type { Tx } from '../unit-of-work';
import { AUTOMATION_BIGINTS, SELECT_AUTOMATION, type AutomationChanges, type AutomationRow, type NewAutomation, type OwnedAutomation } from './automation-row';
import { MOST_AUTOMATIONS, type AutomationKind } from './automation-rules';
import { PLAN_LIMIT_AUTOMATIONS } from './automations.errors';

/** Rules by which tasks start themselves. */
@Injectable()
export class AutomationStore {
  /** @throws {AppError} not_found (the repository is not connected any more, or who asks is no member any more), plan_limit_automations */
  async create(tx: Tx, automation: NewAutomation): Promise<AutomationRow> {
    const { organizationId, repositoryId, userId, name, kind, trigger, filter, template, maxCreditsPerRunMicro, maxCreditsPerMonthMicro, isEnabled, nextRunAt } = automation;
    await holdMembership(tx, automation);
    await this.assertOneMore(tx, organizationId);
    const id = newId();
    const made = await sqlRow(
      tx,
      `INSERT INTO automations (id, organization_id, repository_id, user_id, name, kind, trigger, filter, template, max_credits_per_run_micro, max_credits_per_month_micro, is_enabled, next_run_at)
       SELECT $1, r.organization_id, r.id, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13 FROM repositories r WHERE r.id = $3 AND r.organization_id = $2 AND r.disconnected_at IS NULL FOR KEY SHARE RETURNING id`,
      [id, organizationId, repositoryId, userId, storableText(name), kind, storableJson(trigger), storableJson(filter), storableJson(template), maxCreditsPerRunMicro, maxCreditsPerMonthMicro, isEnabled, nextRunAt],
    );
    if (!made) throw notFound();
    return this.get(tx, organizationId, id);
  }

  find(manager: EntityManager, organizationId: string, id: string): Promise<AutomationRow | null> {
    return sqlRow<AutomationRow>(manager, `${SELECT_AUTOMATION} WHERE a.organization_id = $1 AND a.id = $2`, [organizationId, id], AUTOMATION_BIGINTS);
  }

  async list(manager: EntityManager, filter: { organizationId: string; repositoryId?: string; kind?: AutomationKind }, page: PageRequest): Promise<Page<AutomationRow>> {
    const [after, direction] = page.order === 'desc' ? ['<', 'DESC'] : ['>', 'ASC'];
    const rows = await sqlRows<AutomationRow & { pageSort: string }>(
      manager,
      `${SELECT_AUTOMATION.replace('SELECT', 'SELECT a.created_at::text AS page_sort,')}
        WHERE a.organization_id = $1 AND ($2::uuid IS NULL OR a.repository_id = $2) AND ($3::text IS NULL OR a.kind = $3)
          AND ($4::timestamptz IS NULL OR (a.created_at, a.id) ${after} ($4, $5::uuid)) ORDER BY a.created_at ${direction}, a.id ${direction} LIMIT $6`,
      [filter.organizationId, filter.repositoryId ?? null, filter.kind ?? null, page.after?.sort ?? null, page.after?.id ?? null, page.limit + 1],
      AUTOMATION_BIGINTS,
    );
    return toPage(rows, page.limit, (row) => ({ sort: row.pageSort, id: row.id }));
  }

  /** Writes the given fields; null when there is none of this version. */
  async update(tx: Tx, { organizationId, id, rowVersion }: OwnedAutomation, changes: AutomationChanges): Promise<AutomationRow | null> {
    const columns = Object.entries(changes).filter(([, value]) => value !== undefined);
    const sets = columns.map(([name], index) => `${COLUMNS[name as keyof AutomationChanges]} = $${index + 4}`);
    if (changes.isEnabled !== undefined) sets.push('disabled_reason = NULL', 'enabled_at = now()');
    const changed = await sqlChange(
      tx,
      `UPDATE automations SET ${[...sets, 'updated_at = now()'].join(', ')} WHERE organization_id = $1 AND id = $2 AND ($3::integer IS NULL OR row_version = $3)`,
      [organizationId, id, rowVersion ?? null, ...columns.map(([, value]) => columnValue(value))],
    );
    return changed === 0 ? null : this.get(tx, organizationId, id);
  }

  /** Its runs go with it, its tasks stay. False when there is none of this version. */
  async delete(tx: Tx, { organizationId, id, rowVersion }: OwnedAutomation): Promise<boolean> {
    return (await sqlChange(tx, 'DELETE FROM automations WHERE organization_id = $1 AND id = $2 AND ($3::integer IS NULL OR row_version = $3)', [organizationId, id, rowVersion ?? null])) > 0;
  }

  /** Enabled ones that an event of this kind in a repository may start. */
  forEvent(manager: EntityManager, repositoryId: string, kind: AutomationKind): Promise<AutomationRow[]> {
    return sqlRows<AutomationRow>(manager, `${SELECT_AUTOMATION} WHERE a.repository_id = $1 AND a.kind = $2 AND a.is_enabled ORDER BY a.created_at, a.id`, [repositoryId, kind], AUTOMATION_BIGINTS);
  }

  /** Schedules whose tick has come, the longest overdue first. */
  due(manager: EntityManager, limit: number): Promise<{ organizationId: string; id: string; nextRunAt: Date }[]> {
    return sqlRows(manager, 'SELECT organization_id, id, next_run_at FROM automations WHERE is_enabled AND next_run_at <= now() ORDER BY next_run_at LIMIT $1', [limit]);
  }

  private async get(tx: Tx, organizationId: string, id: string): Promise<AutomationRow> {
    const row = await this.find(tx, organizationId, id);
    if (!row) throw notFound();
    return row;
  }

  private async assertOneMore(tx: Tx, organizationId: string): Promise<void> {
    await tx.query(`SELECT pg_advisory_xact_lock(hashtextextended('automations-' || $1, 0))`, [organizationId]);
    const row = await sqlRow<{ count: number }>(tx, 'SELECT count(*)::integer AS count FROM automations WHERE organization_id = $1', [organizationId]);
    if ((row?.count ?? 0) >= MOST_AUTOMATIONS) throw new AppError(PLAN_LIMIT_AUTOMATIONS, `An organization has at most ${MOST_AUTOMATIONS} automations.`);
  }
}

const COLUMNS: Readonly<Record<keyof AutomationChanges, string>> = {
  name: 'name', kind: 'kind', trigger: 'trigger', filter: 'filter', template: 'template', maxCreditsPerRunMicro: 'max_credits_per_run_micro',
  maxCreditsPerMonthMicro: 'max_credits_per_month_micro', isEnabled: 'is_enabled', nextRunAt: 'next_run_at',
};

function columnValue(value: unknown): unknown {
  if (typeof value === 'string') return storableText(value);
  return typeof value === 'object' && value !== null && !(value instanceof Date) ? storableJson(value) : value;
}
