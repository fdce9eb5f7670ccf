import { notFound } from '@app/common';
import { planNotWaiting, TaskCommands, TaskMessageStore, TaskPlanStore, UnitOfWork, type AttemptRow, type PlanRow, type TaskStanding, type TaskView, type Tx } from '@app/domain';
import { TaskAdmission, TaskNews } from '@app/submission';
import { Injectable } from '@nestjs/common';
import type { Principal } from '../../auth/principal';
import type { IdempotentCall } from '../../http/idempotency/idempotent-call';
import type { TaskAnswer } from '../create/task-creation';
import { AttemptResponse } from '../dto/attempt.response';
import { stepsOf, type ApprovePlanDto, type RejectPlanDto } from '../dto/plan.dto';
import { TaskRows } from '../task-rows';
import { PlanChildren } from './plan-children';

/** What an approval led to: the task's own next attempt, or the task that carries the plan out. */
export type Approved = { readonly kind: 'attempt'; readonly attempt: AttemptRow } | { readonly kind: 'child'; readonly answer: TaskAnswer; readonly isNew: boolean };

interface Asked<Dto> {
  readonly dto: Dto;
  readonly call: IdempotentCall | null;
}

const NO_COMMENT = 'I do not approve this plan. Propose another one.';

/** What a decision is written with. */
@Injectable()
export class TaskPlanParts {
  constructor(
    readonly commands: TaskCommands,
    readonly messages: TaskMessageStore,
    readonly unitOfWork: UnitOfWork,
  ) {}
}

/** Plans that wait for a person, and what follows from the decision. */
@Injectable()
export class TaskPlans {
  constructor(
    private readonly plans: TaskPlanStore,
    private readonly children: PlanChildren,
    private readonly admission: TaskAdmission,
    private readonly rows: TaskRows,
    private readonly parts: TaskPlanParts,
    private readonly news: TaskNews,
  ) {}

  /** @throws {AppError} not_found when the task has proposed none */
  async newest(task: TaskView): Promise<PlanRow> {
    const plan = await this.plans.newest(this.parts.unitOfWork.reader, task);
    if (!plan) throw notFound();
    return plan;
  }

  /** @throws {AppError} plan_not_waiting, insufficient_credits and what the making of a task throws */
  async approve(principal: Principal, task: TaskView, asked: Asked<ApprovePlanDto>): Promise<Approved> {
    return task.mode === 'architect' ? this.approveArchitecture(principal, task, asked) : { kind: 'attempt', attempt: await this.approveChange(principal, task, asked) };
  }

  /** @throws {AppError} plan_not_waiting, insufficient_credits */
  async reject(principal: Principal, task: TaskView, { dto, call }: Asked<RejectPlanDto>): Promise<AttemptRow> {
    return this.goOn(task, call, async (tx) => {
      await this.lockWaiting(tx, task);
      await this.plans.decide(tx, task, { status: 'rejected', userId: principal.userId });
      await this.say(tx, { taskId: task.id, userId: principal.userId }, dto.comment ?? NO_COMMENT);
      return 'message';
    });
  }

  private async approveChange(principal: Principal, task: TaskView, { dto, call }: Asked<ApprovePlanDto>): Promise<AttemptRow> {
    return this.goOn(task, call, async (tx) => {
      const { status } = await this.lockWaiting(tx, task);
      if (status === 'completed') throw planNotWaiting('The task has ended; hand in a new one.', status);
      await this.plans.decide(tx, task, { status: 'approved', userId: principal.userId, steps: stepsOf(dto) });
      if (dto.comment) await this.say(tx, { taskId: task.id, userId: principal.userId }, dto.comment);
      return 'approval';
    });
  }

  private async approveArchitecture(principal: Principal, task: TaskView, { dto, call }: Asked<ApprovePlanDto>): Promise<Approved> {
    const before = await this.known(this.parts.unitOfWork.reader, task);
    if (before) return { kind: 'child', answer: before, isNew: false };
    const child = await this.children.draft(principal, task);
    const made = await this.parts.unitOfWork.run(async (tx) => {
      await this.parts.commands.lock(tx, task);
      const known = await this.known(tx, task);
      if (known) return { answer: known, submitted: null };
      await this.lockWaiting(tx, task);
      await this.plans.decide(tx, task, { status: 'approved', userId: principal.userId, steps: stepsOf(dto) });
      await this.plans.complete(tx, task);
      const submitted = await this.children.make(tx, child);
      if (dto.comment) await this.say(tx, { taskId: submitted.taskId, userId: principal.userId }, dto.comment);
      const { answer } = submitted;
      await call?.complete(tx, { status: 201, body: answer.json, headers: { Location: answer.location, ETag: answer.tag } });
      return { answer, submitted };
    });
    this.news.changed(task.id);
    if (made.submitted) this.children.announce(made.submitted);
    return { kind: 'child', answer: made.answer, isNew: made.submitted !== null };
  }

  /** The task that carries the plan out, when it was approved before. */
  private async known(tx: Tx, task: TaskView): Promise<TaskAnswer | null> {
    const childId = await this.plans.childOf(tx, task);
    return childId === null ? null : this.children.answer(tx, task.organizationId, childId);
  }

  /** @throws {AppError} plan_not_waiting */
  private async lockWaiting(tx: Tx, task: TaskView): Promise<TaskStanding> {
    const standing = await this.parts.commands.lock(tx, task);
    const waits = standing.status === 'waiting_for_approval' || (standing.status === 'completed' && task.mode === 'architect');
    if (!waits) throw planNotWaiting(`The task is ${standing.status}; no plan of it waits for a decision.`, standing.status);
    return standing;
  }

  private async goOn(task: TaskView, call: IdempotentCall | null, decide: (tx: Tx) => Promise<'approval' | 'message'>): Promise<AttemptRow> {
    const attempt = await this.parts.unitOfWork.run(async (tx) => {
      const cause = await decide(tx);
      await this.admission.assertCanAfford(tx, task);
      const attempt = await this.rows.attempt(tx, task, await this.parts.commands.resume(tx, task, cause));
      await call?.complete(tx, { status: 202, body: AttemptResponse.from(attempt) });
      return attempt;
    });
    this.news.queued(task, attempt.id);
    return attempt;
  }

  private async say(tx: Tx, { taskId, userId }: { taskId: string; userId: string }, content: string): Promise<void> {
    await this.parts.messages.append(tx, { taskId, attemptId: null, role: 'user', authorUserId: userId, content });
  }
}
