import type { PageRequest } from '@app/common';
import type { TaskMode } from './task-mode';
import type { TaskStatus } from './task-status';
import type { Task } from './task.entity';

/** What `GET /tasks` can ask for; everything but the organization is optional. */
export interface TaskFilter {
  readonly organizationId: string;
  readonly status?: readonly TaskStatus[];
  readonly mode?: TaskMode;
  readonly repositoryId?: string;
  readonly userId?: string;
  readonly tag?: string;
  readonly priority?: Task['priority'];
  readonly pullRequestId?: string;
  readonly pullRequestUrl?: string;
  readonly issueNumber?: number;
  readonly parentTaskId?: string;
  readonly source?: Task['source'];
  readonly createdAfter?: Date;
  readonly createdBefore?: Date;
  /** false (the default): those that are not archived. */
  readonly archived?: boolean;
  /** Part of the title, any case. */
  readonly q?: string;
}

/** The tasks that made a pull request or came from it, found once by its indexes: as a condition on each task it would be asked of all of them. */
function aboutPullRequest(column: 'id' | 'url'): string {
  return `t.id = ANY (ARRAY(SELECT f.task_id FROM pull_requests f WHERE f.${column} = ? AND f.task_id IS NOT NULL
      UNION ALL SELECT o.id FROM pull_requests f JOIN tasks o ON o.source_pull_request_id = f.id WHERE f.${column} = ?))`;
}

/** Conditions by filter; `?` stands for the value. */
const CONDITIONS: Readonly<Record<Exclude<keyof TaskFilter, 'archived'>, string>> = {
  organizationId: 't.organization_id = ?',
  status: 't.status = ANY(?::text[])',
  mode: 't.mode = ?',
  repositoryId: 't.repository_id = ?',
  userId: 't.user_id = ?',
  tag: 't.tags @> ARRAY[?::text]',
  priority: 't.priority = ?',
  pullRequestId: aboutPullRequest('id'),
  pullRequestUrl: aboutPullRequest('url'),
  issueNumber: 't.source_issue_number = ?',
  parentTaskId: 't.parent_task_id = ?',
  source: 't.source = ?',
  createdAfter: 't.created_at > ?',
  createdBefore: 't.created_at < ?',
  q: 'position(lower(?) IN lower(t.title)) > 0',
};

export interface TaskPageSql {
  readonly tail: string;
  readonly parameters: unknown[];
  /** One of the few texts that most calls make: no filter but the organization. */
  readonly isCommon: boolean;
}

/** WHERE, ORDER BY and LIMIT of a page of tasks, and their parameters. Reads one row more than the page holds. */
export function taskPageSql(filter: TaskFilter, page: PageRequest): TaskPageSql {
  const parameters: unknown[] = [];
  const bind = (value: unknown): string => `$${parameters.push(value)}`;
  let filters = 0;
  const where = [filter.archived === true ? 't.archived_at IS NOT NULL' : 't.archived_at IS NULL'];
  for (const [name, condition] of Object.entries(CONDITIONS)) {
    const value = filter[name as keyof typeof CONDITIONS];
    if (value === undefined) continue;
    const place = bind(value);
    where.push(condition.replaceAll('?', place));
    filters += 1;
  }
  if (page.after) where.push(`(t.created_at, t.id) ${page.order === 'desc' ? '<' : '>'} (${bind(page.after.sort)}::timestamptz, ${bind(page.after.id)}::uuid)`);
  const order = page.order === 'desc' ? 'DESC' : 'ASC';
  return { tail: `WHERE ${where.join(' AND ')} ORDER BY t.created_at ${order}, t.id ${order} LIMIT ${bind(page.limit + 1)}`, parameters, isCommon: filters === 1 };
}
