import { type Page, type PageRequest, toPage } from '@app/common';
import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { sqlRow, sqlRows } from '../sql';
import type { AttemptStatus, TaskStatus } from './task-status';
import type { Task } from './task.entity';

/** A task as the platform's staff sees it: where it stands, not what it says. */
export type StaffTaskRow = Pick<
  Task,
  'id' | 'organizationId' | 'userId' | 'repositoryId' | 'mode' | 'status' | 'statusReason' | 'priority' | 'attemptCount' | 'failureCount' | 'errorCode' | 'createdAt' | 'queuedAt' | 'startedAt' | 'completedAt' | 'deadlineAt'
> & {
  readonly organizationName: string;
  readonly username: string;
  readonly repositoryFullName: string;
  readonly attemptStatus: AttemptStatus | null;
  readonly workerId: string | null;
  readonly heartbeatAt: Date | null;
};

export interface StaffTaskFilter {
  readonly statuses?: readonly TaskStatus[];
  readonly organizationId?: string;
  readonly userId?: string;
}

const SELECT_TASK = `
SELECT t.id, t.organization_id, o.name AS organization_name, t.user_id, u.username, t.repository_id, r.full_name AS repository_full_name, t.mode, t.status, t.status_reason, t.priority,
       t.attempt_count, t.failure_count, t.error_code, t.created_at, t.queued_at, t.started_at, t.completed_at, t.deadline_at, a.status AS attempt_status, a.worker_id, a.heartbeat_at
  FROM tasks t JOIN organizations o ON o.id = t.organization_id JOIN users u ON u.id = t.user_id JOIN repositories r ON r.id = t.repository_id
  LEFT JOIN LATERAL (SELECT x.status, x.worker_id, x.heartbeat_at FROM task_attempts x WHERE x.task_id = t.id ORDER BY x.number DESC LIMIT 1) a ON true`;

/** Tasks of all organizations, for the platform's staff alone. */
@Injectable()
export class TaskAdminStore {
  /** By id, which grows with time. */
  async list(manager: EntityManager, filter: StaffTaskFilter, page: PageRequest): Promise<Page<StaffTaskRow>> {
    const [comparison, direction] = page.order === 'desc' ? ['<', 'DESC'] : ['>', 'ASC'];
    const rows = await sqlRows<StaffTaskRow>(
      manager,
      `${SELECT_TASK} WHERE ($1::text[] IS NULL OR t.status = ANY($1)) AND ($2::uuid IS NULL OR t.organization_id = $2) AND ($3::uuid IS NULL OR t.user_id = $3) AND ($4::uuid IS NULL OR t.id ${comparison} $4)
        ORDER BY t.id ${direction} LIMIT $5`,
      [filter.statuses ?? null, filter.organizationId ?? null, filter.userId ?? null, page.after?.id ?? null, page.limit + 1],
    );
    return toPage(rows, page.limit, (row) => ({ sort: row.id, id: row.id }));
  }

  find(manager: EntityManager, taskId: string): Promise<StaffTaskRow | null> {
    return sqlRow<StaffTaskRow>(manager, `${SELECT_TASK} WHERE t.id = $1`, [taskId]);
  }
}
