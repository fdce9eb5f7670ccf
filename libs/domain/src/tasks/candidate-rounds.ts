import { Injectable } from '@nestjs/common';
import { sqlChange, sqlRow } from '../sql';
import type { Tx } from '../unit-of-work';
import type { AttemptLease } from './attempt-lease';
import type { AttemptEnd } from './attempt-outcome';
import { AttemptStore } from './attempt.store';
import { isHeld, type Candidate } from './candidate-choice';
import { CANDIDATES_AT_WORK } from './candidate-family';
import { candidateKey, TaskCandidateStore } from './task-candidate.store';
import { TaskCommands, type OwnedTask, type QueuedAttempt } from './task-commands';
import { TaskMessageStore } from './task-message.store';
import { isEnded, type AttemptCause, type AttemptStage } from './task-status';
import type { Task } from './task.entity';
import { TaskStore } from './task.store';

/** What a round led to: the attempts of candidates, to be enqueued after the commit, and the end of the attempt that made it. */
export interface CandidateRound {
  readonly enqueue: readonly string[];
  readonly priority: Task['priority'];
  readonly end: AttemptEnd;
}

type Parent = Task & { readonly cause: AttemptCause; readonly stage: AttemptStage };

const END: AttemptEnd = { kind: 'suspended', status: 'in_progress', reason: CANDIDATES_AT_WORK };

/**
 * An attempt of a task with candidates calls no model: it makes them, or lets those go on that wait, and leaves the task to them. Repeated
 * after a crash it finds those that are there.
 */
@Injectable()
export class CandidateRounds {
  constructor(
    private readonly attempts: AttemptStore,
    private readonly tasks: TaskStore,
    private readonly candidates: TaskCandidateStore,
    private readonly messages: TaskMessageStore,
    private readonly commands: TaskCommands,
  ) {}

  /** Null: the attempt is one like any other. @throws {StopError} lease_lost */
  async begin(tx: Tx, lease: AttemptLease): Promise<CandidateRound | null> {
    await this.attempts.fence(tx, lease);
    const parent = await sqlRow<Parent>(
      tx,
      `SELECT t.*, a.cause, a.stage FROM tasks t JOIN task_attempts a ON a.id = $2 WHERE t.id = $1 AND t.candidates IS NOT NULL AND t.chosen_task_id IS NULL AND a.stage <> 'publish' FOR NO KEY UPDATE OF t`,
      [lease.taskId, lease.attemptId],
    );
    if (!parent) return null;
    // Somebody cancelled it before there was anybody to tell.
    if (parent.cancelRequestedAt !== null) return { enqueue: [], priority: parent.priority, end: { kind: 'cancelled' } };
    const known = await this.candidates.list(tx, parent.id);
    const made = await this.make(tx, parent, known);
    const heard = await this.passOn(tx, parent.id, await this.candidates.list(tx, parent.id));
    const resumed = await this.goOn(tx, parent, known, heard);
    // Its candidates have deadlines of their own.
    await sqlChange(tx, 'UPDATE tasks SET deadline_at = NULL WHERE id = $1', [parent.id]);
    await this.tell(tx, parent.id, lease.attemptId);
    return { enqueue: [...made, ...resumed].map(({ attemptId }) => attemptId), priority: parent.priority, end: END };
  }

  /** Copies what people wrote to the task to each candidate; returns whether there was anything. */
  async passOn(tx: Tx, taskId: string, candidates: readonly Candidate[]): Promise<boolean> {
    const waiting = await this.messages.undelivered(tx, taskId);
    for (const { content, authorUserId } of waiting) {
      for (const candidate of candidates) await this.messages.append(tx, { taskId: candidate.taskId, attemptId: null, role: 'user', authorUserId, content });
    }
    await this.messages.markDelivered(tx, taskId, waiting.map(({ id }) => id));
    return waiting.length > 0;
  }

  /** Candidates that wait for a person, now that one said something. */
  async resumeHeld(tx: Tx, organizationId: string, candidates: readonly Candidate[], heard: boolean): Promise<QueuedAttempt[]> {
    const resumed: QueuedAttempt[] = [];
    for (const { taskId: id, status } of candidates.filter(isHeld)) {
      const task = { organizationId, id };
      if (heard) resumed.push(await this.commands.resume(tx, task, 'message'));
      else if (status === 'paused') resumed.push(await this.commands.resume(tx, task, 'resume'));
    }
    return resumed;
  }

  private async make(tx: Tx, parent: Parent, known: readonly Candidate[]): Promise<QueuedAttempt[]> {
    const numbers = new Set(known.map(({ number }) => number));
    const made: QueuedAttempt[] = [];
    for (let number = 1; number <= (parent.candidates ?? 0); number++) {
      if (numbers.has(number)) continue;
      const { organizationId, userId, repositoryId, mode, title, prompt, description, priority, branch, targetBranch, aiModelId, requestedModel, apiKeyId, tags, metadata, options, requestId, traceparent } = parent;
      const child = {
        organizationId, userId, repositoryId, mode, title, prompt, description, priority, branch, targetBranch, aiModelId, requestedModel, apiKeyId, tags, metadata, options, requestId, traceparent,
        status: 'queued' as const, source: 'candidate' as const, parentTaskId: parent.id, dedupeKey: candidateKey(parent.id, number), timeoutSeconds: timeoutOf(options),
      };
      const { attemptId } = await this.tasks.create(tx, child);
      if (attemptId !== null) made.push({ attemptId, number: 1 });
    }
    return made;
  }

  private async goOn(tx: Tx, parent: Parent, known: readonly Candidate[], heard: boolean): Promise<QueuedAttempt[]> {
    const { organizationId, cause } = parent;
    await sqlChange(tx, `UPDATE tasks SET pause_requested_at = NULL WHERE parent_task_id = $1 AND source = 'candidate' AND pause_requested_at IS NOT NULL`, [parent.id]);
    const resumed = await this.resumeHeld(tx, organizationId, known, heard);
    const again = known.filter(({ status }) => isEnded(status) && (heard || (cause === 'retry' && status !== 'completed')));
    for (const { taskId: id } of again) resumed.push(await this.again(tx, { organizationId, id }, heard));
    return resumed;
  }

  private again(tx: Tx, task: OwnedTask, heard: boolean): Promise<QueuedAttempt> {
    return heard ? this.commands.resume(tx, task, 'message') : this.commands.retry(tx, task, { fromCheckpoint: true });
  }

  private async tell(tx: Tx, taskId: string, attemptId: string): Promise<void> {
    const all = await this.candidates.list(tx, taskId);
    await this.candidates.tell(tx, taskId, attemptId, { text: `${all.length} candidates are at work`, chosen: null, verdicts: all.map((candidate) => ({ candidate, reason: null })) });
  }
}

function timeoutOf(options: Readonly<Record<string, unknown>>): number | undefined {
  const { timeoutSeconds } = options;
  return typeof timeoutSeconds === 'number' ? timeoutSeconds : undefined;
}
