import { newId, toPage, type Page, type PageRequest } from '@app/common';
import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { sqlChange, sqlRow, sqlRows, storableJson, storableText } from '../sql';
import type { Tx } from '../unit-of-work';
import { AUTOMATION_BIGINTS, SELECT_AUTOMATION, type AutomationRow } from './automation-row';
import { AUTOMATION_FAILURES } from './automation-rules';
import type { AutomationRun } from './automation-run.entity';

/** A run as it is listed. `taskStatus` is where its task stands now. */
export type AutomationRunRow = AutomationRun & { readonly taskStatus: string | null };

export type RunResult = Pick<AutomationRun, 'status' | 'reason' | 'taskId'>;

const LISTED = 'n.id, n.automation_id, n.occasion, n.status, n.reason, n.task_id, n.event, n.created_at, t.status AS task_status';
const FROM = 'FROM automation_runs n LEFT JOIN tasks t ON t.id = n.task_id';

/** Runs of automations: one for each occasion, whatever came of it. */
@Injectable()
export class AutomationRunStore {
  /** Holds the automation until the commit, so that no two of its runs are decided at once; null: it is gone. */
  async lock(tx: Tx, organizationId: string, id: string): Promise<AutomationRow | null> {
    return sqlRow<AutomationRow>(tx, `${SELECT_AUTOMATION} WHERE a.organization_id = $1 AND a.id = $2 FOR NO KEY UPDATE OF a`, [organizationId, id], AUTOMATION_BIGINTS);
  }

  find(manager: EntityManager, automationId: string, occasion: string): Promise<AutomationRunRow | null> {
    return sqlRow<AutomationRunRow>(manager, `SELECT ${LISTED} ${FROM} WHERE n.automation_id = $1 AND n.occasion = $2`, [automationId, occasion]);
  }

  /** Keeps a run; the occasion must be new. */
  async record(tx: Tx, run: Pick<AutomationRun, 'automationId' | 'occasion' | 'event'> & RunResult): Promise<AutomationRunRow> {
    const id = newId();
    await tx.query('INSERT INTO automation_runs (id, automation_id, occasion, status, reason, task_id, event) VALUES ($1, $2, $3, $4, $5, $6, $7)', [
      id, run.automationId, run.occasion, run.status, run.reason === null ? null : storableText(run.reason), run.taskId, storableJson(run.event),
    ]);
    await tx.query('UPDATE automations SET last_run_at = now() WHERE id = $1', [run.automationId]);
    const row = await this.find(tx, run.automationId, run.occasion);
    if (!row) throw new Error(`run ${id} was not kept`);
    return row;
  }

  async list(manager: EntityManager, automation: { organizationId: string; id: string }, page: PageRequest): Promise<Page<AutomationRunRow>> {
    const [after, direction] = page.order === 'desc' ? ['<', 'DESC'] : ['>', 'ASC'];
    const rows = await sqlRows<AutomationRunRow & { pageSort: string }>(
      manager,
      `SELECT ${LISTED}, n.created_at::text AS page_sort ${FROM} JOIN automations a ON a.id = n.automation_id
        WHERE a.organization_id = $1 AND n.automation_id = $2 AND ($3::timestamptz IS NULL OR (n.created_at, n.id) ${after} ($3, $4::uuid))
        ORDER BY n.created_at ${direction}, n.id ${direction} LIMIT $5`,
      [automation.organizationId, automation.id, page.after?.sort ?? null, page.after?.id ?? null, page.limit + 1],
    );
    return toPage(rows, page.limit, (row) => ({ sort: row.pageSort, id: row.id }));
  }

  /**
   * Microcredits that this month's tasks of an automation used, or may still use: of one that has not ended, its cap. So the sum never
   * grows beyond what was let through.
   */
  async committedMicro(tx: Tx, automationId: string): Promise<bigint> {
    const row = await sqlRow<{ micro: bigint }>(
      tx,
      `SELECT coalesce(sum(CASE WHEN t.completed_at IS NULL THEN greatest(c.credits_used_micro + c.credits_held_micro, coalesce(t.max_credits_micro, 0)) ELSE c.credits_used_micro END), 0)::bigint AS micro
         FROM tasks t JOIN task_counters c ON c.task_id = t.id WHERE t.automation_id = $1 AND t.created_at >= date_trunc('month', now() AT TIME ZONE 'UTC') AT TIME ZONE 'UTC'`,
      [automationId],
      ['micro'],
    );
    return row?.micro ?? 0n;
  }

  /** Whether its last runs, since it was enabled, all failed: at the start, or as tasks. Runs that were skipped, or still go on, say nothing. */
  async failsAlways(tx: Tx, { id, enabledAt }: Pick<AutomationRow, 'id' | 'enabledAt'>): Promise<boolean> {
    const rows = await sqlRows<{ failed: boolean }>(
      tx,
      `SELECT (n.status = 'failed' OR t.status IN ('failed','timed_out')) AS failed ${FROM}
        WHERE n.automation_id = $1 AND n.created_at >= $2 AND (n.status = 'failed' OR t.status IN ('completed','failed','timed_out')) ORDER BY n.created_at DESC, n.id DESC LIMIT $3`,
      [id, enabledAt, AUTOMATION_FAILURES],
    );
    return rows.length === AUTOMATION_FAILURES && rows.every(({ failed }) => failed);
  }

  /** Switches it off by itself; the reason is shown until somebody switches it on again. */
  async disable(tx: Tx, id: string, reason: string): Promise<void> {
    await sqlChange(tx, 'UPDATE automations SET is_enabled = false, disabled_reason = $2 WHERE id = $1 AND is_enabled', [id, storableText(reason)]);
  }

  /** Forgets what is older than three months: GitHub tells of nothing that old again. Returns how many rows went. */
  forgetOld(tx: Tx, limit: number): Promise<number> {
    return sqlChange(tx, `DELETE FROM automation_runs WHERE id IN (SELECT id FROM automation_runs WHERE created_at < now() - interval '90 days' LIMIT $1)`, [limit]);
  }

  async setNextRun(tx: Tx, id: string, nextRunAt: Date | null): Promise<void> {
    await sqlChange(tx, 'UPDATE automations SET next_run_at = $2 WHERE id = $1', [id, nextRunAt]);
  }

  /** Whether the person whose tasks they become may still hand in tasks there. */
  async mayHandIn(tx: Tx, { organizationId, userId }: Pick<AutomationRow, 'organizationId' | 'userId'>): Promise<boolean> {
    const row = await sqlRow(
      tx,
      `SELECT 1 AS may FROM organization_members m JOIN users u ON u.id = m.user_id JOIN organizations o ON o.id = m.organization_id
        WHERE m.organization_id = $1 AND m.user_id = $2 AND m.role IN ('member','admin','owner') AND u.status = 'active' AND u.deleted_at IS NULL AND o.status = 'active' AND o.deleted_at IS NULL`,
      [organizationId, userId],
    );
    return row !== null;
  }
}
