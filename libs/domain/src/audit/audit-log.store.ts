import { type Page, type PageRequest, toPage } from '@app/common';
import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { sqlRows } from '../sql';
import type { AuditLog } from './audit-log.entity';

export interface AuditFilter {
  readonly action?: string;
  /** Id of who did it. */
  readonly actor?: string;
  /** Id of what it was done to. */
  readonly target?: string;
  readonly targetType?: string;
  readonly from?: Date;
  /** Before this time. */
  readonly to?: Date;
}

/** A row, with the name of the user who did it, as it is now. */
export interface AuditLogRow extends AuditLog {
  readonly actorName: string | null;
}

/** Reads the record of who did what. */
@Injectable()
export class AuditLogStore {
  /** Rows of one organization, newest first unless asked otherwise. */
  listForOrganization(manager: EntityManager, organizationId: string, filter: AuditFilter, page: PageRequest): Promise<Page<AuditLogRow>> {
    return read(manager, [['l.organization_id = ?', organizationId], ...conditions(filter)], page);
  }

  /** Rows of everybody; for the platform's staff alone. */
  listForPlatform(manager: EntityManager, filter: AuditFilter & { readonly organizationId?: string }, page: PageRequest): Promise<Page<AuditLogRow>> {
    return read(manager, [['l.organization_id = ?', filter.organizationId], ...conditions(filter)], page);
  }
}

/** The column is text, as a vendor's name stands there too; compared as text, no index of ids would help. */
const ACTOR_UUID = `CASE WHEN l.actor_id ~ '^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$' THEN l.actor_id::uuid END`;

type Condition = readonly [sql: string, value: unknown];

function conditions(filter: AuditFilter): Condition[] {
  return [
    ['l.action = ?', filter.action],
    ['l.actor_id = ?', filter.actor],
    ['l.target_id = ?', filter.target],
    ['l.target_type = ?', filter.targetType],
    [`l.created_at >= ? AND l.id > coalesce((SELECT b.id FROM audit_logs b WHERE b.created_at < ?::timestamptz - ${LONGEST_WRITE} ORDER BY b.created_at DESC LIMIT 1), 0)`, filter.from],
    [`l.created_at < ? AND l.id < coalesce((SELECT b.id FROM audit_logs b WHERE b.created_at >= ?::timestamptz + ${LONGEST_WRITE} ORDER BY b.created_at LIMIT 1), 9223372036854775807)`, filter.to],
  ];
}

/**
 * Ids grow as time goes by, so a time is a bound for ids, too: pages are in the order of ids, and only by these can PostgreSQL begin in the middle. A row's
 * time is when its transaction began, and none writes for so long.
 */
const LONGEST_WRITE = `interval '10 minutes'`;

async function read(manager: EntityManager, given: readonly Condition[], page: PageRequest): Promise<Page<AuditLogRow>> {
  const isDescending = page.order === 'desc';
  const parameters: unknown[] = [];
  const where = [...given, [`l.id ${isDescending ? '<' : '>'} ?::bigint`, page.after?.id] as const]
    .filter(([, value]) => value !== undefined)
    .map(([sql, value]) => sql.replaceAll('?', `$${parameters.push(value)}`));
  const rows = await sqlRows<AuditLogRow>(
    manager,
    `SELECT l.id, l.organization_id, l.actor_type, l.actor_id, l.action, l.target_type, l.target_id, l.changes, host(l.ip_address) AS ip_address, l.user_agent, l.request_id, l.created_at,
            CASE WHEN l.actor_type IN ('user','admin') THEN (SELECT u.username FROM users u WHERE u.id = ${ACTOR_UUID})
                 WHEN l.actor_type = 'token' THEN (SELECT u.username FROM personal_access_tokens p JOIN users u ON u.id = p.user_id WHERE p.id = ${ACTOR_UUID}) END AS actor_name
       FROM audit_logs l ${where.length > 0 ? `WHERE ${where.join(' AND ')}` : ''} ORDER BY l.id ${isDescending ? 'DESC' : 'ASC'} LIMIT $${parameters.push(page.limit + 1)}`,
    parameters,
  );
  return toPage(rows, page.limit, (row) => ({ sort: row.id, id: row.id }));
}
