import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { pullRequestJson, PULL_REQUEST_SHOWN, type ShownPullRequest } from '../pull-requests/pull-request-projection';
import { sqlRows } from '../sql';
import type { TaskOfOrganization } from './task-event.store';

/** What an export of a task holds that no route of the task lists. */
@Injectable()
export class TaskExportStore {
  /** Pull requests of the task, the newest first. */
  async pullRequests(manager: EntityManager, { organizationId, taskId }: TaskOfOrganization): Promise<ReturnType<typeof pullRequestJson>[]> {
    const rows = await sqlRows<ShownPullRequest>(
      manager,
      `SELECT ${PULL_REQUEST_SHOWN} FROM pull_requests p JOIN tasks t ON t.id = p.task_id WHERE t.id = $2 AND t.organization_id = $1 ORDER BY p.created_at DESC, p.id DESC`,
      [organizationId, taskId],
    );
    return rows.map(pullRequestJson);
  }
}
