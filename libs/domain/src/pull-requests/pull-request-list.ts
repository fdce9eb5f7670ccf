import { toPage, type Page, type PageRequest } from '@app/common';
import type { EntityManager } from 'typeorm';
import { sqlRows } from '../sql';
import { PULL_REQUEST_SHOWN, type ShownPullRequest } from './pull-request-projection';
import type { PullRequest } from './pull-request.entity';

export interface PullRequestFilters {
  readonly repositoryId?: string;
  /** Only of these; null or absent: of all. */
  readonly repositoryIds?: readonly string[] | null;
  readonly taskId?: string;
  readonly status?: PullRequest['status'];
  readonly origin?: PullRequest['origin'];
}

/** A page of each repository by index, then one page of these: the rows behind it are not read. */
export async function listPullRequests(manager: EntityManager, organizationId: string, filters: PullRequestFilters, page: PageRequest): Promise<Page<ShownPullRequest>> {
  const [after, direction] = page.order === 'desc' ? ['<', 'DESC'] : ['>', 'ASC'];
  const sorted = `ORDER BY p.created_at ${direction}, p.id ${direction} LIMIT $8`;
  const rows = await sqlRows<ShownPullRequest & { pageSort: string }>(
    manager,
    `SELECT ${PULL_REQUEST_SHOWN}, p.created_at::text AS page_sort FROM repositories r CROSS JOIN LATERAL (
       SELECT * FROM pull_requests p WHERE p.repository_id = r.id AND ($3::uuid IS NULL OR p.task_id = $3) AND ($4::text IS NULL OR p.status = $4) AND ($5::text IS NULL OR p.origin = $5)
          AND ($6::timestamptz IS NULL OR (p.created_at, p.id) ${after} ($6, $7::uuid)) ${sorted}) p
      WHERE r.organization_id = $1 AND r.disconnected_at IS NULL AND ($2::uuid IS NULL OR r.id = $2) AND ($9::uuid[] IS NULL OR r.id = ANY($9)) ${sorted}`,
    [organizationId, filters.repositoryId ?? null, filters.taskId ?? null, filters.status ?? null, filters.origin ?? null, page.after?.sort ?? null, page.after?.id ?? null, page.limit + 1, filters.repositoryIds ?? null],
  );
  return toPage(rows, page.limit, (row) => ({ sort: row.pageSort, id: row.id }));
}
