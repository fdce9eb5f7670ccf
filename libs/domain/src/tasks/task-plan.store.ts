import { AppError, notFound } from '@app/common';
import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { recordAudit } from '../audit/record-audit';
import { sqlChange, sqlRow } from '../sql';
import type { Tx } from '../unit-of-work';
import type { OwnedTask } from './task-commands';
import { TaskMoves } from './task-moves';
import { EDITED_PLAN_FILE, PLAN_MEDIA_TYPE, planContent, planOfContent, type TaskPlan } from './task-plan';
import { TaskResultStore } from './task-result.store';
import type { TaskStatus } from './task-status';
import type { Task } from './task.entity';
import { PLAN_NOT_WAITING } from './tasks.errors';

/** The newest plan of a task, and what was decided about it. */
export interface PlanRow {
  readonly status: NonNullable<Task['planStatus']>;
  readonly plan: TaskPlan;
  readonly resultId: string;
  readonly attemptId: string;
  readonly title: string | null;
  readonly decidedAt: Date | null;
  readonly decidedBy: { readonly id: string; readonly username: string } | null;
}

/** A decision, whose it is, and the steps as that person edited them. */
export interface PlanDecision {
  readonly status: 'approved' | 'rejected';
  readonly userId: string;
  readonly steps?: TaskPlan['steps'];
}

interface FoundPlan {
  readonly resultId: string;
  readonly attemptId: string;
  readonly title: string | null;
  readonly status: Task['planStatus'];
  readonly decidedAt: Date | null;
  readonly userId: string | null;
  readonly username: string | null;
}

/** Plans that tasks propose, and what people decide about them. */
@Injectable()
export class TaskPlanStore {
  constructor(
    private readonly results: TaskResultStore,
    private readonly moves: TaskMoves,
  ) {}

  /** The newest plan; null when the task has proposed none. */
  async newest(manager: EntityManager, { organizationId, id }: OwnedTask): Promise<PlanRow | null> {
    const found = await sqlRow<FoundPlan>(manager, NEWEST, [organizationId, id]);
    const content = found && (await this.results.content(manager, organizationId, found.resultId));
    const plan = content && planOfContent(content);
    if (!found || !plan) return null;
    const { resultId, attemptId, title, status, decidedAt, userId, username } = found;
    return { status: status ?? 'proposed', plan, resultId, attemptId, title, decidedAt, decidedBy: userId !== null && username !== null ? { id: userId, username } : null };
  }

  /** A plan waits for a decision, whatever was decided about an earlier one. */
  async propose(tx: Tx, taskId: string): Promise<void> {
    await sqlChange(tx, `UPDATE tasks SET plan_status = 'proposed', plan_decided_at = NULL, plan_decided_by_user_id = NULL WHERE id = $1`, [taskId]);
  }

  /**
   * Decides about the plan that waits; edited steps are kept as the newest plan. The caller has locked the task, and goes on with it.
   * @throws {AppError} plan_not_waiting
   */
  async decide(tx: Tx, task: OwnedTask, decision: PlanDecision): Promise<PlanRow> {
    const waiting = await this.newest(tx, task);
    if (waiting?.status !== 'proposed') throw planNotWaiting(waiting === null ? 'The task has proposed no plan.' : `The plan was ${waiting.status} before.`);
    if (decision.steps) await this.keepEdited(tx, task, waiting, decision.steps);
    await sqlChange(tx, 'UPDATE tasks SET plan_status = $2, plan_decided_at = now(), plan_decided_by_user_id = $3 WHERE id = $1', [task.id, decision.status, decision.userId]);
    const changes = { resultId: waiting.resultId, edited: decision.steps !== undefined };
    await recordAudit(tx, { organizationId: task.organizationId, action: `task.plan_${decision.status}`, targetType: 'task', targetId: task.id, changes });
    const decided = await this.newest(tx, task);
    if (!decided) throw notFound();
    return decided;
  }

  /** Ends a task that had nothing left to do but to wait for this decision. */
  async complete(tx: Tx, task: OwnedTask): Promise<void> {
    const left = await this.moves.move(tx, { taskId: task.id, attemptId: null, to: 'completed', reason: null, from: ['waiting_for_approval'] });
    if (left !== null) await this.moves.writeAnalytics(tx, task.id);
  }

  /** The task that carries the plan out; null before the approval. */
  async childOf(manager: EntityManager, { organizationId, id }: OwnedTask): Promise<string | null> {
    const row = await sqlRow<{ id: string }>(manager, 'SELECT id FROM tasks WHERE organization_id = $1 AND dedupe_key = $2', [organizationId, planChildKey(id)]);
    return row?.id ?? null;
  }

  private async keepEdited(tx: Tx, { organizationId, id: taskId }: OwnedTask, { attemptId, title, plan }: PlanRow, steps: TaskPlan['steps']): Promise<void> {
    const content = planContent({ steps, markdown: plan.markdown });
    if (!planOfContent(content)) throw new RangeError('the edited steps are no plan');
    const result = { organizationId, taskId, attemptId, type: 'plan' as const, title, mediaType: PLAN_MEDIA_TYPE, content, file: EDITED_PLAN_FILE };
    await this.results.put(tx, result);
  }
}

/** One plan, one task that carries it out, however often it is approved. */
export function planChildKey(taskId: string): string {
  return `plan:${taskId}`;
}

export function planNotWaiting(detail: string, taskStatus?: TaskStatus): AppError {
  return new AppError(PLAN_NOT_WAITING, detail, taskStatus === undefined ? {} : { members: { taskStatus } });
}

const NEWEST = `
SELECT r.id AS result_id, r.attempt_id, r.title, t.plan_status AS status, t.plan_decided_at AS decided_at, u.id AS user_id, u.username
  FROM task_results r JOIN tasks t ON t.id = r.task_id LEFT JOIN users u ON u.id = t.plan_decided_by_user_id
 WHERE t.id = $2 AND t.organization_id = $1 AND r.result_type = 'plan' AND r.attempt_id IS NOT NULL
 ORDER BY r.created_at DESC, r.id DESC LIMIT 1`;
