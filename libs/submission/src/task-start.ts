import { TaskCommands, type TaskView, type Tx } from '@app/domain';
import { Injectable } from '@nestjs/common';
import { TaskAdmission } from './task-admission';

/** Begins drafts. */
@Injectable()
export class TaskStart {
  constructor(
    private readonly admission: TaskAdmission,
    private readonly commands: TaskCommands,
  ) {}

  /** Returns the attempt to enqueue after the commit; null: the draft is scheduled. @throws {AppError} insufficient_credits */
  async begin(tx: Tx, task: TaskView): Promise<string | null> {
    await this.admission.assertCanAfford(tx, task);
    return (await this.commands.start(tx, task))?.attemptId ?? null;
  }
}
