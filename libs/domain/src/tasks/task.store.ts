import { AppError, invalidField, newId, notFound, toPage, VERSION_CONFLICT, type Page, type PageRequest } from '@app/common';
import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { recordAudit } from '../audit/record-audit';
import { namedRecords, namedRow, namedRows, statement, textRows, type NamedStatement } from '../named-sql';
import { snakeCase } from '../naming-strategy';
import { shapedRows, sqlChange, sqlRow, sqlRows, storableJson, storableText } from '../sql';
import type { Tx } from '../unit-of-work';
import { removeCallback, writeCallback, type NewCallback } from '../webhook-endpoints/task-callback';
import { emitTaskNews, listenersSql, type Listener } from '../webhook-endpoints/webhook-emission';
import { newsOfMove } from '../webhook-endpoints/webhook-event';
import { taskPageSql, type TaskFilter } from './task-filter';
import { statusesForEdit, type EditableTaskField } from './task-state';
import type { TaskStatus } from './task-status';
import { SELECT_TASK_DETAILS_TEXT, SELECT_TASK_TEXT, TASK_DETAILS_TEXT_COLUMNS, TASK_DETAILS_TEXT_WIDTH, taskDetailsText, taskText, type TaskDetailsText, type TaskText } from './task-text';
import { SELECT_TASK_SUMMARY, SELECT_TASK_VIEW, TASK_BIGINTS, taskSources, type TaskSummary, type TaskView } from './task-view';
import type { Task } from './task.entity';
import { taskNotEditable } from './tasks.errors';
import { DEFAULT_TIMEOUT_SECONDS, MAX_FAILURES } from './tunables';

type TaskColumns = Pick<Task, 'organizationId' | 'userId' | 'repositoryId' | 'mode' | 'title' | 'prompt' | 'branch' | 'targetBranch'> &
  Partial<Pick<Task,
    | 'description' | 'priority' | 'aiModelId' | 'requestedModel' | 'apiKeyId' | 'parentTaskId' | 'forkedFromTaskId' | 'source' | 'sourceIssueNumber' | 'sourcePullRequestId'
    | 'candidates' | 'automationId' | 'dedupeKey' | 'options' | 'metadata' | 'tags' | 'scheduledAt' | 'estimatedCreditsMicro' | 'maxCreditsMicro' | 'requestId' | 'traceparent'
  >>;

/** A task as it is asked for. `draft` and `scheduled` get no attempt yet. */
export interface NewTask extends TaskColumns {
  readonly id?: string;
  readonly status: Extract<TaskStatus, 'draft' | 'scheduled' | 'queued'>;
  /** Wall clock of the work, from the first claim on; kept in `options.timeoutSeconds`. */
  readonly timeoutSeconds?: number;
  /** Where this task's events are sent, and nobody else's. */
  readonly callback?: NewCallback | null;
}

/** `attemptId` is what goes to the queue after the commit; null: nothing to run yet. */
export interface CreatedTask {
  readonly taskId: string;
  readonly attemptId: string | null;
  /** The task as it is answered. */
  readonly text: TaskDetailsText;
}

type EditableColumn = Exclude<EditableTaskField, 'callback'>;

/** `callback` null: the task has none any more. */
export type TaskChanges = Partial<Pick<Task, EditableColumn>> & { readonly callback?: NewCallback | null };

/** What a task's ETag stands for. */
export interface TaskVersion {
  readonly rowVersion: number;
  readonly lastEventSeq: number;
}

/** How a page's last row is remembered: exact to the microsecond, which a Date is not. */
type Keyed = TaskSummary & { readonly pageSort: string };

/** Rows of tasks. Moves between statuses are in `TaskLifecycle`. */
@Injectable()
export class TaskStore {
  /** Writes task, counters, first event and, unless it is a draft or scheduled, the first attempt, in one statement; then the webhooks, where somebody listens. @throws {AppError} not_found: the repository is not connected any more */
  async create(tx: Tx, task: NewTask): Promise<CreatedTask> {
    const taskId = task.id ?? newId();
    const attemptId = task.status === 'queued' ? newId() : null;
    const options = { ...task.options, timeoutSeconds: task.timeoutSeconds ?? DEFAULT_TIMEOUT_SECONDS };
    const columns = CREATE_COLUMNS.map((column) => columnValue(column, { ...task, options }[column] ?? CREATE_DEFAULTS[column] ?? null));
    const firstEvent = storableJson({ from: null, to: task.status, reason: null });
    const row = await namedRow(tx, INSERT_TASK, [taskId, attemptId, firstEvent, `async-coder/${taskId}`, MAX_FAILURES, ...columns]).catch(refusedRepository);
    if (!row) throw new Error(`task ${taskId} was not written`);
    const listeners = JSON.parse(row[TASK_DETAILS_TEXT_WIDTH] ?? '[]') as Listener[];
    const own = task.callback ? [await writeCallback(tx, { taskId, organizationId: task.organizationId }, task.callback)] : [];
    await emitTaskNews(tx, taskId, [...listeners, ...own], newsOfMove(null, task.status));
    const { organizationId, repositoryId, mode, status } = task;
    await recordAudit(tx, { organizationId, action: 'task.created', targetType: 'task', targetId: taskId, changes: { repositoryId, mode, status } });
    const text = task.callback ? await this.readText(tx, task.organizationId, taskId) : null;
    return { taskId, attemptId, text: text ?? taskDetailsText(row) };
  }

  /** One task with all that is shown of it; null when it is missing or another organization's. */
  async findForOrganization(manager: EntityManager, organizationId: string, id: string): Promise<TaskView | null> {
    const rows = await namedRecords<Record<string, unknown>>(manager, READ_VIEW, [organizationId, id]);
    return shapedRows<TaskView>(rows, TASK_BIGINTS)[0] ?? null;
  }

  /** The task that an occasion of this name was made into; null: none. */
  async findByDedupeKey(manager: EntityManager, organizationId: string, dedupeKey: string): Promise<string | null> {
    return (await sqlRow<{ id: string }>(manager, 'SELECT id FROM tasks WHERE organization_id = $1 AND dedupe_key = $2', [organizationId, dedupeKey]))?.id ?? null;
  }

  /** A page of an organization's tasks, by time of creation. */
  async list(manager: EntityManager, filter: TaskFilter, page: PageRequest): Promise<Page<TaskSummary>> {
    const { tail, parameters } = taskPageSql(filter, page);
    const rows = await sqlRows<Keyed>(manager, SELECT_TASK_SUMMARY.replace('SELECT', 'SELECT t.created_at::text AS page_sort,') + tail, parameters, TASK_BIGINTS);
    return toPage<Keyed>(rows, page.limit, (row) => ({ sort: row.pageSort, id: row.id }));
  }

  /** `findForOrganization` for an answer that shows it and nothing more: as text. */
  async readText(manager: EntityManager, organizationId: string, id: string): Promise<TaskDetailsText | null> {
    const row = await namedRow(manager, READ_TEXT, [organizationId, id]);
    return row && taskDetailsText(row);
  }

  /** `list` for an answer that shows it and nothing more: as text. */
  async listText(manager: EntityManager, filter: TaskFilter, page: PageRequest): Promise<Page<TaskText>> {
    const { tail, parameters, isCommon } = taskPageSql(filter, page);
    const rows = isCommon ? await namedRows(manager, commonPage(tail), parameters) : await textRows(manager, SELECT_TASK_TEXT + tail, parameters);
    return toPage(rows.map(taskText), page.limit, (task) => ({ sort: task.times[0] as string, id: task.id }));
  }

  /**
   * Writes the given fields if all of them may be changed in the task's status, and it still is the version that the caller saw.
   * @throws {AppError} not_found, task_not_editable, version_conflict, validation_failed (maxCredits below what is used and held)
   */
  async update(tx: Tx, task: { organizationId: string; id: string }, changes: TaskChanges, ifMatch: TaskVersion | null): Promise<void> {
    const fields = (Object.keys(changes) as EditableTaskField[]).filter((field) => changes[field] !== undefined);
    if (fields.length === 0 && !ifMatch) return;
    const parameters: unknown[] = [task.id, task.organizationId, statusesForEdit(fields), ifMatch?.rowVersion ?? null, ifMatch?.lastEventSeq ?? null, changes.maxCreditsMicro ?? null];
    const assignments = fields.filter((field) => field !== 'callback').map((field) => `${snakeCase(field)} = $${parameters.push(columnValue(field, changes[field]))}`);
    const changed = await sqlChange(
      tx,
      `UPDATE tasks t SET ${['updated_at = now()', ...assignments].join(', ')} FROM task_counters k
        WHERE t.id = $1 AND t.organization_id = $2 AND k.task_id = t.id AND t.status = ANY($3::text[])
          AND ($4::integer IS NULL OR (t.row_version = $4 AND k.last_event_seq = $5::bigint))
          AND ($6::bigint IS NULL OR $6 >= k.credits_used_micro + k.credits_held_micro)`,
      parameters,
    );
    if (changed === 0) await this.explainRefusal(tx, task, fields, ifMatch);
    if (changes.callback === null) await removeCallback(tx, task.id);
    else if (changes.callback) await writeCallback(tx, { taskId: task.id, organizationId: task.organizationId }, changes.callback);
    if (fields.length > 0) await recordAudit(tx, { organizationId: task.organizationId, action: 'task.updated', targetType: 'task', targetId: task.id, changes: { fields } });
  }

  /** Archives or takes out of the archive; false when there is no such task or it has not ended. */
  async setArchived(tx: Tx, organizationId: string, id: string, archived: boolean): Promise<boolean> {
    const changed = await sqlChange(
      tx,
      `UPDATE tasks SET archived_at = CASE WHEN $3 THEN coalesce(archived_at, now()) END WHERE id = $2 AND organization_id = $1 AND completed_at IS NOT NULL`,
      [organizationId, id, archived],
    );
    return changed > 0;
  }

  /** Writes what the platform learnt while the task runs; the caller's transaction has passed the fence. Absent fields stay. */
  async record(tx: Tx, taskId: string, facts: Partial<Pick<Task, 'aiModelId' | 'apiKeyId' | 'baseSha' | 'verification' | 'progress' | 'title' | 'planStatus'>>): Promise<void> {
    await sqlChange(
      tx,
      `UPDATE tasks SET ai_model_id = coalesce($2::uuid, ai_model_id), api_key_id = coalesce($3::uuid, api_key_id), base_sha = coalesce($4, base_sha),
              verification = coalesce($5, verification), progress = greatest(progress, coalesce($6::smallint, 0::smallint)), title = coalesce($7, title), plan_status = coalesce($8, plan_status)
        WHERE id = $1`,
      [taskId, facts.aiModelId ?? null, facts.apiKeyId ?? null, facts.baseSha ?? null, facts.verification ?? null, facts.progress ?? null, facts.title ?? null, facts.planStatus ?? null],
    );
  }

  private async explainRefusal(tx: Tx, { organizationId, id }: { organizationId: string; id: string }, fields: EditableTaskField[], ifMatch: TaskVersion | null): Promise<never> {
    const task = await this.findForOrganization(tx, organizationId, id);
    if (!task) throw notFound();
    if (ifMatch && (task.rowVersion !== ifMatch.rowVersion || Number(task.lastEventSeq) !== ifMatch.lastEventSeq)) {
      throw new AppError(VERSION_CONFLICT, 'The task has changed since you read it; read it again and repeat the change.');
    }
    if (!statusesForEdit(fields).includes(task.status)) throw taskNotEditable(task.status, fields);
    throw invalidField('/maxCredits', 'too_small', 'is below what the task has used and holds');
  }
}

const READ_VIEW = statement(`${SELECT_TASK_VIEW} WHERE t.id = $2 AND t.organization_id = $1`);
const READ_TEXT = statement(`${SELECT_TASK_DETAILS_TEXT} WHERE t.id = $2 AND t.organization_id = $1`);

const commonPages = new Map<string, NamedStatement>();

function commonPage(tail: string): NamedStatement {
  const known = commonPages.get(tail) ?? statement(SELECT_TASK_TEXT + tail);
  commonPages.set(tail, known);
  return known;
}

function refusedRepository(error: unknown): never {
  const { code, column } = (error as { driverError?: { code?: unknown; column?: unknown } }).driverError ?? {};
  throw code === '23502' && column === 'repository_id' ? notFound() : error;
}

function columnValue(column: string, value: unknown): unknown {
  if (column === 'options' || column === 'metadata') return storableJson(value);
  return typeof value === 'string' ? storableText(value) : value;
}

const CREATE_DEFAULTS: Partial<NewTask> = { requestedModel: 'auto', priority: 'medium', source: 'api', metadata: {}, tags: [] };

export const CREATE_COLUMNS = [
  'organizationId', 'userId', 'repositoryId', 'aiModelId', 'requestedModel', 'apiKeyId', 'parentTaskId', 'forkedFromTaskId', 'mode', 'title', 'description', 'prompt', 'priority',
  'branch', 'targetBranch', 'source', 'sourceIssueNumber', 'sourcePullRequestId', 'dedupeKey', 'options', 'metadata', 'tags', 'status', 'estimatedCreditsMicro',
  'maxCreditsMicro', 'requestId', 'traceparent', 'scheduledAt', 'candidates', 'automationId',
] as const satisfies readonly (keyof NewTask)[];

function placeOf(column: (typeof CREATE_COLUMNS)[number]): string {
  const place = (name: (typeof CREATE_COLUMNS)[number]): string => `$${CREATE_COLUMNS.indexOf(name) + 6}`;
  if (column !== 'repositoryId') return place(column);
  // Who disconnects it, or deletes its organization, holds its row first: a task that comes at the same time waits here, and finds it gone.
  return `(SELECT r.id FROM repositories r WHERE r.id = ${place('repositoryId')} AND r.organization_id = ${place('organizationId')} AND r.disconnected_at IS NULL FOR KEY SHARE)`;
}

/** `$1` task, `$2` attempt or null, `$3` first event, `$4` work branch, `$5` cap of failures, then `CREATE_COLUMNS`. Gives the task's text, then who listens. */
export const INSERT_TASK = statement(`
WITH new_task AS (
  INSERT INTO tasks (id, attempt_count, queued_at, work_branch, max_attempts, ${CREATE_COLUMNS.map(snakeCase).join(', ')})
  VALUES ($1, CASE WHEN $2::uuid IS NULL THEN 0 ELSE 1 END, CASE WHEN $2::uuid IS NULL THEN NULL ELSE now() END, $4, $5, ${CREATE_COLUMNS.map(placeOf).join(', ')})
  RETURNING *),
new_counters AS (INSERT INTO task_counters (task_id, last_event_seq) SELECT id, 1 FROM new_task RETURNING *),
new_attempts AS (INSERT INTO task_attempts (id, task_id, number, ai_model_id, api_key_id) SELECT $2::uuid, id, 1, ai_model_id, api_key_id FROM new_task WHERE $2::uuid IS NOT NULL RETURNING *),
new_event AS (INSERT INTO task_events (task_id, seq, attempt_id, type, data) SELECT id, 1, $2::uuid, 'status', $3::jsonb FROM new_task)
SELECT ${TASK_DETAILS_TEXT_COLUMNS}, ${listenersSql('t.id', 't.organization_id')}
${taskSources({ tasks: 'new_task', counters: 'new_counters', attempts: 'new_attempts' })}`);
