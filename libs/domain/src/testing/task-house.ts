import type { DataSource } from 'typeorm';
import type { ClaimedAttempt } from '../tasks/attempt-lease';
import { AttemptStore } from '../tasks/attempt.store';
import { BlobStore } from '../tasks/blob.store';
import { CandidateRounds } from '../tasks/candidate-rounds';
import { CandidateSweeps } from '../tasks/candidate-sweeps';
import { TaskCandidateStore } from '../tasks/task-candidate.store';
import { TaskCommands } from '../tasks/task-commands';
import { TaskEffectStore } from '../tasks/task-effect.store';
import { TaskEventStore } from '../tasks/task-event.store';
import { TaskLifecycle } from '../tasks/task-lifecycle';
import { TaskLogStore } from '../tasks/task-log.store';
import { TaskMessageStore } from '../tasks/task-message.store';
import { TaskMoves, type CloseHolds } from '../tasks/task-moves';
import { TaskPlanStore } from '../tasks/task-plan.store';
import { TaskResultStore } from '../tasks/task-result.store';
import { TaskSweeps } from '../tasks/task-sweeps';
import { TaskStore, type NewTask } from '../tasks/task.store';
import { UnitOfWork } from '../unit-of-work';
import type { Tenant } from './tenant.factory';
import { aGitRepo } from './work.factory';

/** The task stores, put together as the apps do. */
export class TaskHouse {
  readonly work: UnitOfWork;
  readonly blobs = new BlobStore();
  readonly events = new TaskEventStore();
  readonly messages = new TaskMessageStore(this.events);
  readonly logs = new TaskLogStore();
  readonly results = new TaskResultStore(this.blobs, this.events);
  readonly effects = new TaskEffectStore();
  readonly attempts = new AttemptStore(this.blobs);
  readonly moves = new TaskMoves(this.events);
  readonly lifecycle = new TaskLifecycle(this.moves, this.events, this.attempts);
  readonly commands = new TaskCommands(this.moves);
  readonly sweeps = new TaskSweeps(this.lifecycle, this.moves);
  readonly tasks = new TaskStore();
  readonly plans = new TaskPlanStore(this.results, this.moves);
  readonly candidates = new TaskCandidateStore(this.events);
  readonly candidateRounds = new CandidateRounds(this.attempts, this.tasks, this.candidates, this.messages, this.commands);
  readonly candidateSweeps = new CandidateSweeps(this.candidates, this.candidateRounds, this.commands, this.moves, this.events);

  constructor(readonly db: DataSource) {
    this.work = new UnitOfWork(db);
  }

  /** A queued task of a tenant through the store, as the API makes it. */
  async newTask(tenant: Tenant, values: Partial<NewTask> = {}): Promise<{ taskId: string; attemptId: string }> {
    const organizationId = tenant.organization.id;
    const repositoryId = values.repositoryId ?? (await aGitRepo(this.db, { organizationId })).id;
    const task = { organizationId, userId: tenant.user.id, title: 'A title', prompt: 'Do it.', mode: 'code' as const, branch: 'main', targetBranch: 'main', status: 'queued' as const, ...values, repositoryId };
    const created = await this.work.run((tx) => this.tasks.create(tx, task));
    return { taskId: created.taskId, attemptId: created.attemptId ?? '' };
  }

  /** Claims an attempt, or throws when it cannot be had. */
  async claim(attemptId: string, worker = 'worker-1'): Promise<ClaimedAttempt> {
    const result = await this.work.run((tx) => this.lifecycle.claim(tx, attemptId, worker));
    if (result.kind !== 'claimed') throw new Error(`not claimed: ${result.kind}`);
    return result.attempt;
  }

  /** A task whose worker is at work on it. */
  async runningTask(tenant: Tenant, values: Partial<NewTask> = {}): Promise<ClaimedAttempt> {
    const { attemptId } = await this.newTask(tenant, values);
    const attempt = await this.claim(attemptId);
    await this.work.run((tx) => this.lifecycle.advance(tx, attempt, 'in_progress'));
    return attempt;
  }

  /** Lets a lease pass, as if the worker had died long ago. */
  async passLease(attemptId: string): Promise<void> {
    await this.db.query(`UPDATE task_attempts SET lease_expires_at = now() - interval '1 s' WHERE id = $1`, [attemptId]);
  }

  /** Credits are not of this lib: the holds of a test that has none. */
  readonly noHolds: CloseHolds = () => Promise.resolve();
}
