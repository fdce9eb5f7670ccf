import { notFound } from '@app/common';
import { AttemptStore, TaskLogStore, TaskStore, type AttemptRow, type QueuedAttempt, type TaskView, type Tx } from '@app/domain';
import { Injectable } from '@nestjs/common';

/** Rows that an answer shows, read in the transaction that changed them. */
@Injectable()
export class TaskRows {
  constructor(
    private readonly tasks: TaskStore,
    private readonly attempts: AttemptStore,
    private readonly logs: TaskLogStore,
  ) {}

  async task(tx: Tx, { organizationId, id }: TaskView): Promise<TaskView> {
    const view = await this.tasks.findForOrganization(tx, organizationId, id);
    if (!view) throw notFound();
    return view;
  }

  async attempt(tx: Tx, { organizationId, id }: TaskView, { number }: QueuedAttempt): Promise<AttemptRow> {
    const attempt = await this.attempts.findByNumber(tx, { organizationId, taskId: id }, number);
    if (!attempt) throw notFound();
    return attempt;
  }

  async note(tx: Tx, taskId: string, message: string, metadata: Record<string, unknown>): Promise<void> {
    await this.logs.append(tx, taskId, null, [{ level: 'info', source: 'system', message, metadata }]);
  }
}
