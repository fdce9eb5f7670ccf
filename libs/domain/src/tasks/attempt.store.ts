import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { sqlChange, sqlRow, sqlRows } from '../sql';
import type { Tx, UnitOfWork } from '../unit-of-work';
import { leaseLost, type AttemptLease, type ClaimedAttempt, type Heartbeat, type StoredCheckpoint } from './attempt-lease';
import { BlobStore, type NewBlob, type StagedBlob } from './blob.store';
import { ADOPT } from './claim-sql';
import { FAIREST } from './queue-order';
import type { TaskAttempt } from './task-attempt.entity';
import type { Task } from './task.entity';
import type { AttemptStage } from './task-status';
import { LEASE_SECONDS, STUCK_AFTER_SECONDS } from './tunables';

/** An attempt as it is listed. */
export type AttemptRow = Omit<TaskAttempt, 'checkpoint' | 'bundleBlobId'> & { readonly modelName: string | null };

/** An attempt to enqueue again, with its task's urgency. */
export interface StuckAttempt {
  readonly attemptId: string;
  /** Since when it is due: another wait is another turn in the queue. */
  readonly turn: string;
  readonly priority: Task['priority'];
}

/** What is learnt about an attempt while it runs; absent fields stay. */
export interface AttemptFacts {
  readonly stage?: AttemptStage;
  readonly aiModelId?: string;
  readonly apiKeyId?: string | null;
  readonly workspaceRef?: string;
  readonly baseSha?: string;
  readonly headSha?: string;
}

const LISTED = `a.id, a.task_id, a.number, a.cause, a.status, a.stage, a.available_at, a.worker_id, a.fence, a.lease_expires_at, a.heartbeat_at, a.ai_model_id,
  m.name AS model_name, a.api_key_id, a.workspace_ref, a.base_sha, a.head_sha, a.routing, a.error_code, a.error_message, a.retryable, a.started_at, a.finished_at, a.created_at`;

const BUNDLE = 'application/x-git-bundle';

/** Rows of attempts: lease, fence, checkpoint. Moves between statuses are in `TaskLifecycle`. */
@Injectable()
export class AttemptStore {
  constructor(private readonly blobs: BlobStore) {}

  /**
   * The fence: first statement of every transaction of a running attempt that does not change the attempt's row itself (one that does
   * begins with `saveCheckpoint` or `record` instead: two share locks that both upgrade deadlock). Keeps the sweeper off until the commit.
   * @throws {StopError} lease_lost
   */
  async fence(tx: Tx, lease: AttemptLease): Promise<void> {
    const held = await sqlRow(tx, `SELECT 1 AS held FROM task_attempts WHERE id = $1 AND fence = $2 AND status = 'running' AND lease_expires_at > now() FOR SHARE`, [lease.attemptId, lease.fence]);
    if (!held) throw leaseLost(lease);
  }

  /** Renews the lease and tells what was asked for meanwhile; null when the lease is lost. */
  async heartbeat(manager: EntityManager, lease: AttemptLease): Promise<Heartbeat | null> {
    return sqlRow<Heartbeat>(
      manager,
      `UPDATE task_attempts a SET heartbeat_at = now(), lease_expires_at = now() + make_interval(secs => $3) FROM tasks t
        WHERE a.id = $1 AND a.fence = $2 AND a.status = 'running' AND a.lease_expires_at > now() AND t.id = a.task_id
       RETURNING t.cancel_requested_at IS NOT NULL AS cancel_requested, t.pause_requested_at IS NOT NULL AS pause_requested,
                 coalesce(t.deadline_at <= now(), false) AS deadline_passed`,
      [lease.attemptId, lease.fence, LEASE_SECONDS],
    );
  }

  /** Takes over an attempt from the process that claimed it under this fence; null: it is nobody's to take any more. */
  adopt(tx: Tx, attemptId: string, fence: bigint, workerId: string): Promise<ClaimedAttempt | null> {
    return sqlRow<ClaimedAttempt>(tx, ADOPT, [attemptId, fence, workerId, LEASE_SECONDS], ['fence']);
  }

  /** Writes what was learnt; also a fence, and the first statement of its transaction. @throws {StopError} lease_lost */
  async record(tx: Tx, lease: AttemptLease, facts: AttemptFacts): Promise<void> {
    const changed = await sqlChange(
      tx,
      `UPDATE task_attempts SET stage = coalesce($3, stage), ai_model_id = coalesce($4::uuid, ai_model_id), api_key_id = CASE WHEN $5 THEN $6::uuid ELSE api_key_id END,
              workspace_ref = coalesce($7, workspace_ref), base_sha = coalesce($8, base_sha), head_sha = coalesce($9, head_sha)
        WHERE id = $1 AND fence = $2 AND status = 'running' AND lease_expires_at > now()`,
      [lease.attemptId, lease.fence, facts.stage ?? null, facts.aiModelId ?? null, facts.apiKeyId !== undefined, facts.apiKeyId ?? null, facts.workspaceRef ?? null, facts.baseSha ?? null, facts.headSha ?? null],
    );
    if (changed === 0) throw leaseLost(lease);
  }

  /** A git bundle as `saveCheckpoint` takes it; before that transaction, as a large one goes to the object store. */
  async stageBundle(work: UnitOfWork, lease: AttemptLease, content: Buffer): Promise<NewBlob | StagedBlob> {
    const owner = await sqlRow<{ organizationId: string }>(work.reader, 'SELECT organization_id FROM tasks WHERE id = $1', [lease.taskId]);
    if (!owner) throw leaseLost(lease);
    return this.blobs.stage(work, owner.organizationId, { mediaType: BUNDLE, content });
  }

  /**
   * Keeps a checkpoint, and with `bundle` (a git bundle since the base) all that another worker needs to restore it; null keeps the
   * bundle of the step before. Also a fence, and the first statement of its transaction.
   * @throws {StopError} lease_lost
   */
  async saveCheckpoint(tx: Tx, lease: AttemptLease, checkpoint: StoredCheckpoint, bundle: Buffer | NewBlob | StagedBlob | null): Promise<void> {
    const row = await sqlRow<{ organizationId: string; oldBlob: string | null }>(
      tx,
      `UPDATE task_attempts a SET checkpoint = $3 FROM tasks t
        WHERE a.id = $1 AND a.fence = $2 AND a.status = 'running' AND a.lease_expires_at > now() AND t.id = a.task_id
       RETURNING t.organization_id, a.bundle_blob_id AS old_blob`,
      [lease.attemptId, lease.fence, JSON.stringify(checkpoint)],
    );
    if (!row) throw leaseLost(lease);
    if (!bundle) return;
    const blobId = await this.blobs.put(tx, row.organizationId, Buffer.isBuffer(bundle) ? { mediaType: BUNDLE, content: bundle } : bundle);
    await sqlChange(tx, 'UPDATE task_attempts SET bundle_blob_id = $2 WHERE id = $1', [lease.attemptId, blobId]);
    if (row.oldBlob !== null) await this.blobs.delete(tx, row.oldBlob);
  }

  /** What the last worker left to go on from. Outside of a transaction: a large bundle comes from the object store. */
  async readCheckpoint(manager: EntityManager, attemptId: string): Promise<{ checkpoint: StoredCheckpoint; bundle: Buffer | null } | null> {
    const row = await sqlRow<{ checkpoint: StoredCheckpoint | null; blobId: string | null; organizationId: string }>(
      manager,
      'SELECT a.checkpoint, a.bundle_blob_id AS blob_id, t.organization_id FROM task_attempts a JOIN tasks t ON t.id = a.task_id WHERE a.id = $1',
      [attemptId],
    );
    if (!row?.checkpoint) return null;
    return { checkpoint: row.checkpoint, bundle: row.blobId === null ? null : await this.blobs.read(manager, row.organizationId, row.blobId) };
  }

  /** The commit that the task's first attempt began at; null: none has begun. */
  async firstBase(manager: EntityManager, taskId: string): Promise<string | null> {
    return (await sqlRow<{ baseSha: string | null }>(manager, 'SELECT base_sha FROM task_attempts WHERE task_id = $1 ORDER BY number LIMIT 1', [taskId]))?.baseSha ?? null;
  }

  /** The task's attempts, newest first. */
  listForTask(manager: EntityManager, organizationId: string, taskId: string): Promise<AttemptRow[]> {
    return sqlRows<AttemptRow>(
      manager,
      `SELECT ${LISTED} FROM task_attempts a JOIN tasks t ON t.id = a.task_id LEFT JOIN ai_models m ON m.id = a.ai_model_id
        WHERE a.task_id = $2 AND t.organization_id = $1 ORDER BY a.number DESC`,
      [organizationId, taskId],
      ['fence'],
    );
  }

  /** One attempt by its number. */
  findByNumber(manager: EntityManager, task: { organizationId: string; taskId: string }, number: number): Promise<AttemptRow | null> {
    return sqlRow<AttemptRow>(
      manager,
      `SELECT ${LISTED} FROM task_attempts a JOIN tasks t ON t.id = a.task_id LEFT JOIN ai_models m ON m.id = a.ai_model_id
        WHERE a.task_id = $2 AND t.organization_id = $1 AND a.number = $3`,
      [task.organizationId, task.taskId, number],
      ['fence'],
    );
  }

  /** Attempts that should have been claimed by now: their jobs were lost, or they wait on their plan's limit. Oldest first. */
  stuck(manager: EntityManager, limit: number): Promise<StuckAttempt[]> {
    return sqlRows<StuckAttempt>(
      manager,
      `SELECT a.id AS attempt_id, (extract(epoch FROM a.available_at) * 1000)::bigint::text AS turn, t.priority FROM task_attempts a JOIN tasks t ON t.id = a.task_id
        WHERE a.status = 'queued' AND a.available_at <= now() - make_interval(secs => $1) ORDER BY a.available_at, a.id LIMIT $2`,
      [STUCK_AFTER_SECONDS, limit],
    );
  }

  /** The attempt that a free worker should take, whatever woke it; null: none is due of an organization that may run another. Not yet claimed. */
  fairest(manager: EntityManager, withoutOrganizations: readonly string[]): Promise<{ attemptId: string; organizationId: string } | null> {
    return sqlRow(manager, FAIREST, [withoutOrganizations]);
  }

  /** Attempts that a worker holds now. */
  async runningIds(manager: EntityManager): Promise<string[]> {
    const rows = await sqlRows<{ id: string }>(manager, `SELECT id FROM task_attempts WHERE status = 'running'`);
    return rows.map((row) => row.id);
  }
}
