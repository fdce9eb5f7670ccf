import { isUtf8 } from 'node:buffer';
import { createHash } from 'node:crypto';
import { newId } from '@app/common';
import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { sqlRow, sqlRows, storableJson, storableText } from '../sql';
import type { Tx, UnitOfWork } from '../unit-of-work';
import { BlobStore, type ByteRange, type StagedBlob } from './blob.store';
import { TaskEventStore } from './task-event.store';
import type { TaskResult } from './task-result.entity';
import { INLINE_RESULT_BYTES } from './tunables';

export type ResultType = TaskResult['resultType'];

export interface NewTaskResult {
  readonly organizationId: string;
  readonly taskId: string;
  readonly attemptId: string;
  readonly type: ResultType;
  readonly title: string | null;
  readonly summary?: string | null;
  readonly mediaType: string;
  /** What `stage` gave, or the bytes themselves. */
  readonly content: Buffer | StagedBlob;
  readonly file?: string | null;
  readonly metadata?: Readonly<Record<string, unknown>>;
}

/** A result without its content. `sha256` is hexadecimal. */
export interface TaskResultRow {
  readonly id: string;
  readonly taskId: string;
  readonly type: ResultType;
  readonly title: string | null;
  readonly summary: string | null;
  readonly mediaType: string;
  readonly sizeBytes: number;
  readonly sha256: string | null;
  readonly file: string | null;
  readonly attempt: number | null;
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly createdAt: Date;
}

const LISTED = `r.id, r.task_id, r.result_type AS type, r.title, r.summary, r.media_type, r.size_bytes::integer, encode(r.content_sha256, 'hex') AS sha256, r.file_path AS file,
  a.number AS attempt, r.metadata, r.created_at`;
const FROM = 'FROM task_results r JOIN tasks t ON t.id = r.task_id LEFT JOIN task_attempts a ON a.id = r.attempt_id';

/** What tasks delivered. */
@Injectable()
export class TaskResultStore {
  constructor(
    private readonly blobs: BlobStore,
    private readonly events: TaskEventStore,
  ) {}

  /** A result's bytes as `put` takes them; before that transaction, as large ones go to the object store. */
  async stage(work: UnitOfWork, organizationId: string, mediaType: string, content: Buffer): Promise<Buffer | StagedBlob> {
    const staged = await this.blobs.stage(work, organizationId, { mediaType, content });
    return 'objectId' in staged ? staged : content;
  }

  /**
   * Keeps a result and appends its `result` event; a repeated step of the same attempt (same type and file) finds the first one and
   * adds nothing. Text up to 1 MiB stays in the row, everything else becomes a blob. @throws {RangeError} above 32 MiB.
   */
  async put(tx: Tx, result: NewTaskResult): Promise<{ id: string; created: boolean }> {
    const known = await this.findOfAttempt(tx, result);
    if (known) return { id: known.id, created: false };
    const id = newId();
    const { text, blobId, sha256, sizeBytes } = await this.place(tx, result);
    await tx.query(
      `INSERT INTO task_results (id, task_id, attempt_id, result_type, title, summary, content, blob_id, media_type, content_sha256, size_bytes, file_path, metadata)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)`,
      [
        id, result.taskId, result.attemptId, result.type, result.title && storableText(result.title), result.summary ? storableText(result.summary) : null,
        text, blobId, result.mediaType, sha256, sizeBytes, result.file ?? null, storableJson(result.metadata ?? {}),
      ],
    );
    await this.events.append(tx, result.taskId, result.attemptId, [{ type: 'result', data: { resultId: id, type: result.type, title: result.title } }]);
    return { id, created: true };
  }

  listForTask(manager: EntityManager, organizationId: string, taskId: string, type?: ResultType): Promise<TaskResultRow[]> {
    return sqlRows<TaskResultRow>(
      manager,
      `SELECT ${LISTED} ${FROM} WHERE r.task_id = $2 AND t.organization_id = $1 AND ($3::text IS NULL OR r.result_type = $3) ORDER BY r.created_at, r.id`,
      [organizationId, taskId, type ?? null],
    );
  }

  find(manager: EntityManager, organizationId: string, taskId: string, id: string): Promise<TaskResultRow | null> {
    return sqlRow<TaskResultRow>(manager, `SELECT ${LISTED} ${FROM} WHERE r.id = $3 AND r.task_id = $2 AND t.organization_id = $1`, [organizationId, taskId, id]);
  }

  /** The newest result of a type: what `GET /tasks/{id}/diff` shows and what a publish pushes. */
  latest(manager: EntityManager, organizationId: string, taskId: string, type: ResultType): Promise<TaskResultRow | null> {
    return sqlRow<TaskResultRow>(
      manager,
      `SELECT ${LISTED} ${FROM} WHERE r.task_id = $2 AND t.organization_id = $1 AND r.result_type = $3 ORDER BY r.created_at DESC, r.id DESC LIMIT 1`,
      [organizationId, taskId, type],
    );
  }

  /** The bytes of a result, or a part of them. Outside of a transaction: they may come from the object store. */
  async content(manager: EntityManager, organizationId: string, id: string, range?: ByteRange): Promise<Buffer | null> {
    const row = await sqlRow<{ content: string | null; blobId: string | null }>(
      manager,
      'SELECT r.content, r.blob_id FROM task_results r JOIN tasks t ON t.id = r.task_id WHERE r.id = $2 AND t.organization_id = $1',
      [organizationId, id],
    );
    if (!row) return null;
    if (row.blobId !== null) return this.blobs.read(manager, organizationId, row.blobId, range);
    const bytes = Buffer.from(row.content ?? '');
    return range ? bytes.subarray(range.offset, range.offset + range.length) : bytes;
  }

  /** Text up to 1 MiB stays in the row. */
  private async place(tx: Tx, { organizationId, mediaType, content }: NewTaskResult): Promise<{ text: string | null; blobId: string | null; sha256: Buffer; sizeBytes: number }> {
    if (!Buffer.isBuffer(content)) return { text: null, blobId: await this.blobs.put(tx, organizationId, content), sha256: content.sha256, sizeBytes: content.sizeBytes };
    const of = { sha256: createHash('sha256').update(content).digest(), sizeBytes: content.length };
    const inline = content.length <= INLINE_RESULT_BYTES && isUtf8(content) && !content.includes(0);
    if (inline) return { ...of, text: content.toString('utf8'), blobId: null };
    return { ...of, text: null, blobId: await this.blobs.put(tx, organizationId, { mediaType, content }) };
  }

  private findOfAttempt(tx: Tx, result: NewTaskResult): Promise<{ id: string } | null> {
    return sqlRow(tx, `SELECT id FROM task_results WHERE attempt_id = $1 AND result_type = $2 AND coalesce(file_path, '') = coalesce($3, '')`, [result.attemptId, result.type, result.file ?? null]);
  }
}
