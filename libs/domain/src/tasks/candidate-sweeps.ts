import { newId } from '@app/common';
import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { sqlChange, sqlRow, sqlRows } from '../sql';
import type { Tx } from '../unit-of-work';
import { chooseCandidate, endWithoutChoice, isAtWork, isHeld, type Candidate, type CandidateChoice } from './candidate-choice';
import { CANDIDATES_AT_WORK } from './candidate-family';
import { CandidateRounds } from './candidate-rounds';
import { TaskCandidateStore } from './task-candidate.store';
import { TaskCommands } from './task-commands';
import type { NewTaskEvent } from './task-event';
import { TaskEventStore } from './task-event.store';
import { TaskMoves } from './task-moves';
import type { TaskStatus } from './task-status';
import type { Swept } from './task-sweeps';

interface WaitingTask {
  readonly id: string;
  readonly organizationId: string;
  readonly lastAttemptId: string;
  readonly pauseRequested: boolean;
}

interface Publication extends WaitingTask {
  readonly chosen: Candidate;
}

/**
 * What becomes of tasks that wait for their candidates. Their rows are the job: whoever sweeps first decides, in one transaction, and a
 * worker that dies in it leaves everything to the next round.
 */
@Injectable()
export class CandidateSweeps {
  constructor(
    private readonly candidates: TaskCandidateStore,
    private readonly rounds: CandidateRounds,
    private readonly commands: TaskCommands,
    private readonly moves: TaskMoves,
    private readonly events: TaskEventStore,
  ) {}

  /** Tasks whose candidates have all stopped, or to which somebody said something. */
  async due(manager: EntityManager, limit: number): Promise<string[]> {
    return (await sqlRows<{ id: string }>(manager, DUE, [limit, CANDIDATES_AT_WORK])).map(({ id }) => id);
  }

  /** Passes messages on; once nobody works any more, chooses, waits with the candidates, or ends. Null: nothing to do, or in other hands. */
  async attend(tx: Tx, taskId: string): Promise<Swept | null> {
    const task = await sqlRow<WaitingTask>(tx, LOCK, [taskId, CANDIDATES_AT_WORK]);
    if (!task) return null;
    const candidates = await this.candidates.list(tx, task.id);
    const heard = await this.rounds.passOn(tx, task.id, candidates);
    if (heard) {
      const resumed = await this.rounds.resumeHeld(tx, task.organizationId, candidates, true);
      if (resumed.length > 0) return swept(task, 'in_progress', CANDIDATES_AT_WORK, resumed.map(({ attemptId }) => attemptId));
    }
    if (candidates.some(isAtWork)) return null;
    const choice = chooseCandidate(candidates);
    if (choice.chosen && !task.pauseRequested) return this.publish(tx, { ...task, chosen: choice.chosen }, choice);
    const held = candidates.find(({ status }) => status === 'paused') ?? candidates.find(isHeld);
    if (held || choice.chosen) return this.hold(tx, task, held ?? null);
    return this.end(tx, task, choice);
  }

  /** The chosen one's work becomes the task's own, and an attempt that starts at its publication. The others end. */
  private async publish(tx: Tx, task: Publication, choice: CandidateChoice): Promise<Swept> {
    for (const { candidate } of choice.verdicts) {
      if (isHeld(candidate)) await this.commands.requestCancel(tx, { organizationId: task.organizationId, id: candidate.taskId });
    }
    const next = await this.moves.queueNextAttempt(tx, { taskId: task.id, cause: 'publish', stage: 'publish', fromCheckpoint: true, move: { from: ['in_progress'], reason: null, renewed: true } });
    if (!next) throw new Error(`task ${task.id} waits for its candidates but is not in progress`);
    await sqlChange(tx, TAKE_OVER, [task.id, next.attemptId, task.chosen.taskId]);
    const patch = await sqlRow<{ id: string; title: string | null }>(tx, COPY_PATCH, [newId(), task.id, next.attemptId, task.chosen.taskId]);
    if (patch) await this.events.append(tx, task.id, next.attemptId, [{ type: 'result', data: { resultId: patch.id, type: 'patch', title: patch.title } }]);
    await this.events.append(tx, task.id, next.attemptId, await this.outcomeOf(tx, task.chosen.taskId));
    await this.candidates.tell(tx, task.id, next.attemptId, { text: `Candidate ${task.chosen.number} was chosen`, chosen: task.chosen.taskId, verdicts: choice.verdicts });
    return { taskId: task.id, attemptId: next.attemptId, status: 'queued', reason: null, enqueue: [next.attemptId] };
  }

  /** Rows from which a publication knows what was handed in and how it was checked. */
  private async outcomeOf(tx: Tx, chosenId: string): Promise<NewTaskEvent[]> {
    const rows = await this.events.readForResume(tx, chosenId);
    const verified = rows.findLast((row) => row.type === 'verify' && row.data.phase === 'head');
    const finished = rows.findLast((row) => row.type === 'finished');
    return [verified, finished].flatMap((row) => (row ? [{ type: row.type, data: row.data, internal: row.internal } as NewTaskEvent] : []));
  }

  /** What the candidates wait for, the task waits for. */
  private async hold(tx: Tx, task: WaitingTask, held: Candidate | null): Promise<Swept> {
    const to = held ? (held.status as Extract<TaskStatus, 'paused' | 'waiting_for_user' | 'waiting_for_approval'>) : 'paused';
    const reason = held ? held.statusReason : 'user_request';
    await this.moves.move(tx, { taskId: task.id, attemptId: task.lastAttemptId, to, reason, from: ['in_progress'] });
    return swept(task, to, reason, []);
  }

  private async end(tx: Tx, task: WaitingTask, { verdicts }: CandidateChoice): Promise<Swept> {
    const { to, reason, message } = endWithoutChoice(verdicts.map(({ candidate }) => candidate));
    const error = message === null ? null : { code: reason, message };
    await this.candidates.tell(tx, task.id, task.lastAttemptId, { text: 'No candidate handed in a change', chosen: null, verdicts });
    await this.moves.move(tx, { taskId: task.id, attemptId: task.lastAttemptId, to, reason, from: ['in_progress'], error });
    await this.moves.writeAnalytics(tx, task.id);
    return swept(task, to, reason, []);
  }
}

function swept({ id: taskId, lastAttemptId: attemptId }: WaitingTask, status: TaskStatus, reason: string | null, enqueue: readonly string[]): Swept {
  return { taskId, attemptId, status, reason, enqueue };
}

const DUE = `
SELECT t.id FROM tasks t
 WHERE t.status = 'in_progress' AND t.status_reason = $2
   AND NOT EXISTS (SELECT 1 FROM task_attempts a WHERE a.task_id = t.id AND a.status IN ('queued','running'))
   AND (NOT EXISTS (SELECT 1 FROM tasks c WHERE c.parent_task_id = t.id AND c.source = 'candidate' AND c.status IN ('draft','scheduled','queued','provisioning','in_progress','publishing'))
        OR EXISTS (SELECT 1 FROM task_messages m WHERE m.task_id = t.id AND m.role = 'user' AND m.delivered_at IS NULL))
 ORDER BY t.id LIMIT $1`;

const LOCK = `
SELECT t.id, t.organization_id, t.pause_requested_at IS NOT NULL AS pause_requested,
       (SELECT a.id FROM task_attempts a WHERE a.task_id = t.id ORDER BY a.number DESC LIMIT 1) AS last_attempt_id
  FROM tasks t WHERE t.id = $1 AND t.status = 'in_progress' AND t.status_reason = $2
   AND NOT EXISTS (SELECT 1 FROM task_attempts a WHERE a.task_id = t.id AND a.status IN ('queued','running'))
   FOR NO KEY UPDATE OF t SKIP LOCKED`;

/** `$1` task, `$2` its new attempt, `$3` the candidate: base and last state of its tree. The bundle is shared: a candidate that was chosen does not go on. */
const TAKE_OVER = `
WITH c AS (SELECT a.base_sha, a.head_sha, a.checkpoint, a.bundle_blob_id FROM task_attempts a WHERE a.task_id = $3 ORDER BY a.number DESC LIMIT 1),
t AS (UPDATE tasks SET chosen_task_id = $3, base_sha = coalesce(c.base_sha, tasks.base_sha) FROM c WHERE tasks.id = $1)
UPDATE task_attempts a SET base_sha = c.base_sha, head_sha = c.head_sha, checkpoint = CASE WHEN c.bundle_blob_id IS NOT NULL THEN c.checkpoint END, bundle_blob_id = c.bundle_blob_id
  FROM c WHERE a.id = $2`;

/** For a publication whose checkpoint is gone. */
const COPY_PATCH = `
INSERT INTO task_results (id, task_id, attempt_id, result_type, title, summary, content, blob_id, media_type, content_sha256, size_bytes, metadata)
SELECT $1, $2, $3, r.result_type, r.title, r.summary, r.content, r.blob_id, r.media_type, r.content_sha256, r.size_bytes, r.metadata
  FROM task_results r WHERE r.task_id = $4 AND r.result_type = 'patch' AND EXISTS (SELECT 1 FROM task_attempts a WHERE a.id = $3 AND a.bundle_blob_id IS NULL)
 ORDER BY r.created_at DESC, r.id DESC LIMIT 1
RETURNING id, title`;
