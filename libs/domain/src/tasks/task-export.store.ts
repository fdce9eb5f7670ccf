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

  /** Findings of the task after the one with this id, as JSON objects. */
  async findings(manager: EntityManager, { organizationId, taskId }: TaskOfOrganization, page: { after: string | null; limit: number }): Promise<{ id: string }[]> {
    const rows = await sqlRows<{ finding: { id: string } }>(
      manager,
      `SELECT json_build_object('id', f.id, 'taskId', f.task_id, 'pullRequestId', f.pull_request_id, 'fingerprint', f.fingerprint, 'severity', f.severity, 'confidence', f.confidence, 'category', f.category,
                'title', f.title, 'body', f.body, 'file', f.file, 'side', f.side, 'startLine', f.start_line, 'endLine', f.end_line, 'suggestion', f.suggestion, 'preExisting', f.pre_existing, 'score', f.score,
                'status', f.status, 'surfaced', f.surfaced, 'firstSeenSha', f.first_seen_sha, 'lastConfirmedSha', f.last_confirmed_sha, 'githubCommentId', f.github_comment_id::text,
                'dismissedReason', f.dismissed_reason, 'createdAt', f.created_at, 'closedAt', f.closed_at) AS finding
         FROM review_findings f WHERE f.task_id = $2 AND f.organization_id = $1 AND ($3::uuid IS NULL OR f.id > $3) ORDER BY f.id LIMIT $4`,
      [organizationId, taskId, page.after, page.limit],
    );
    return rows.map(({ finding }) => finding);
  }
}
