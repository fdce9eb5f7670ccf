import { planChildKey, TaskStore, type TaskView, type Tx } from '@app/domain';
import { notFound } from '@app/common';
import { copyOf, TaskSubmission, type CheckedTask, type SubmittedTask } from '@app/submission';
import { Injectable } from '@nestjs/common';
import type { Principal } from '../../auth/principal';
import { taskAnswer, type TaskAnswer } from '../create/task-creation';

/** Options that concern how a plan is made. */
const OF_THE_PLAN: readonly string[] = ['structuredOutputSchema', 'requirePlanApproval'];

/** Tasks that carry out what an `architect` task planned. */
@Injectable()
export class PlanChildren {
  constructor(
    private readonly submission: TaskSubmission,
    private readonly tasks: TaskStore,
  ) {}

  /** The child as it will be made; its prompt is the same, its plan is found through its parent. It shares the parent's cap. @throws {AppError} as POST /tasks */
  async draft(principal: Principal, task: TaskView): Promise<CheckedTask> {
    const { options, ...copied } = copyOf(task);
    const kept = Object.fromEntries(Object.entries(options ?? {}).filter(([name]) => !OF_THE_PLAN.includes(name)));
    const request = { ...copied, mode: 'code' as const, candidates: undefined, maxCredits: undefined, options: kept };
    return this.submission.check(principal, request, { source: 'plan', parentTaskId: task.id, dedupeKey: planChildKey(task.id) });
  }

  async make(tx: Tx, child: CheckedTask): Promise<SubmittedTask & { readonly answer: TaskAnswer }> {
    const made = await this.submission.write(tx, child);
    return { ...made, answer: taskAnswer(made.text) };
  }

  announce(made: SubmittedTask): void {
    this.submission.announce(made);
  }

  async answer(tx: Tx, organizationId: string, id: string): Promise<TaskAnswer> {
    const text = await this.tasks.readText(tx, organizationId, id);
    if (!text) throw notFound();
    return taskAnswer(text);
  }
}
