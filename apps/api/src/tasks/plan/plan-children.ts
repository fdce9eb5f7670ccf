import { planChildKey, TaskStore, type NewTask, type Task, type TaskView, type Tx } from '@app/domain';
import { notFound } from '@app/common';
import { JobProducer } from '@app/messaging';
import { Injectable } from '@nestjs/common';
import type { Principal } from '../../auth/principal';
import { copyOf } from '../create/task-copy';
import { TaskCreation, taskAnswer, type MadeTask, type TaskAnswer } from '../create/task-creation';
import { TaskDraft } from '../create/task-draft';

/** Options that concern how a plan is made. */
const OF_THE_PLAN: readonly string[] = ['structuredOutputSchema', 'requirePlanApproval'];

/** Tasks that carry out what an `architect` task planned. */
@Injectable()
export class PlanChildren {
  constructor(
    private readonly drafts: TaskDraft,
    private readonly creation: TaskCreation,
    private readonly tasks: TaskStore,
    private readonly jobs: JobProducer,
  ) {}

  /** The child as it will be made; its prompt is the same, its plan is found through its parent. It shares the parent's cap. @throws {AppError} as POST /tasks */
  async draft(principal: Principal, task: TaskView): Promise<NewTask> {
    const { options, ...copied } = copyOf(task);
    const kept = Object.fromEntries(Object.entries(options ?? {}).filter(([name]) => !OF_THE_PLAN.includes(name)));
    const child = await this.drafts.create(principal, { ...copied, mode: 'code', candidates: undefined, maxCredits: undefined, options: kept });
    return { ...child, source: 'plan', parentTaskId: task.id, dedupeKey: planChildKey(task.id) };
  }

  make(tx: Tx, principal: Principal, child: NewTask): Promise<MadeTask> {
    return this.creation.write(tx, principal, { task: child, callback: null });
  }

  async answer(tx: Tx, organizationId: string, id: string): Promise<TaskAnswer> {
    const text = await this.tasks.readText(tx, organizationId, id);
    if (!text) throw notFound();
    return taskAnswer(text);
  }

  enqueue(attemptId: string, priority: Task['priority']): void {
    void this.jobs.enqueue('attempt', { attemptId }, priority);
  }
}
