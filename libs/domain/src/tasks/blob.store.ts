import { createHash } from 'node:crypto';
import { newId, NoObjectStore, ObjectStore } from '@app/common';
import { Injectable, Optional } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { sqlChange, sqlRow, sqlRows } from '../sql';
import type { Tx, UnitOfWork } from '../unit-of-work';
import { BLOB_BYTES, INLINE_RESULT_BYTES, UNNAMED_OBJECT_MINUTES } from './tunables';

export interface NewBlob {
  readonly mediaType: string;
  readonly content: Buffer;
  readonly expiresAt?: Date | null;
}

/** A blob whose bytes lie in the object store already: only its row is missing. */
export interface StagedBlob extends Omit<NewBlob, 'content'> {
  readonly objectId: string;
  readonly sizeBytes: number;
  readonly sha256: Buffer;
}

/** Bytes from `offset`, at most `length` of them. */
export interface ByteRange {
  readonly offset: number;
  readonly length: number;
}

interface BlobPlace {
  readonly content: Buffer | null;
  readonly key: string | null;
  readonly sha256: Buffer;
}

/**
 * Bytes too big for a row, up to 32 MiB: in PostgreSQL, or above 1 MiB in the object store if there is one. An object is announced in a
 * row, then written, then named by its blob: whatever dies in between, no blob names bytes that are not there, and no object is forgotten.
 */
@Injectable()
export class BlobStore {
  constructor(@Optional() private readonly objects: ObjectStore = new NoObjectStore()) {}

  /**
   * Brings bytes that do not belong in PostgreSQL into the object store; before the transaction that puts the blob, as it talks to a network.
   * Gives back what `put` takes: the same blob when it stays in PostgreSQL. @throws {RangeError} above 32 MiB; {Error} of the store
   */
  async stage(work: UnitOfWork, organizationId: string, blob: NewBlob): Promise<NewBlob | StagedBlob> {
    checkSize(blob.content.length);
    if (!this.objects.isConfigured || blob.content.length <= INLINE_RESULT_BYTES) return blob;
    const objectId = newId();
    const key = `blobs/${organizationId}/${objectId}`;
    await work.run((tx) => tx.query('INSERT INTO stored_objects (id, organization_id, key) VALUES ($1, $2, $3)', [objectId, organizationId, key]));
    await this.objects.put(key, blob.content, blob.mediaType);
    return { mediaType: blob.mediaType, expiresAt: blob.expiresAt, objectId, sizeBytes: blob.content.length, sha256: sha256(blob.content) };
  }

  /** Keeps the bytes and returns their id. @throws {RangeError} above 32 MiB; {Error} when what was staged was removed meanwhile */
  async put(tx: Tx, organizationId: string, blob: NewBlob | StagedBlob): Promise<string> {
    const id = newId();
    const expiresAt = blob.expiresAt ?? null;
    if ('objectId' in blob) {
      const named = await sqlRow(
        tx,
        `INSERT INTO blobs (id, organization_id, media_type, size_bytes, content_sha256, object_id, expires_at)
         SELECT $1::uuid, o.organization_id, $3::text, $4::bigint, $5::bytea, o.id, $7::timestamptz FROM stored_objects o
          WHERE o.id = $6 AND o.organization_id = $2 AND o.doomed_at IS NULL FOR SHARE RETURNING id`,
        [id, organizationId, blob.mediaType, blob.sizeBytes, blob.sha256, blob.objectId, expiresAt],
      );
      if (!named) throw new Error('the staged object waited too long for its row and is being removed');
      return id;
    }
    checkSize(blob.content.length);
    await tx.query(
      'INSERT INTO blobs (id, organization_id, media_type, size_bytes, content_sha256, content, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7)',
      [id, organizationId, blob.mediaType, blob.content.length, sha256(blob.content), blob.content, expiresAt],
    );
    return id;
  }

  /**
   * The bytes, or a part of them; null when there is no such blob. Outside of a transaction: they may come over a network.
   * @throws {Error} when the object store does not have them, or has others
   */
  async read(manager: EntityManager, organizationId: string, id: string, range?: ByteRange): Promise<Buffer | null> {
    const content = range ? 'substring(b.content FROM $3::integer FOR $4::integer)' : 'b.content';
    const row = await sqlRow<BlobPlace>(
      manager,
      `SELECT ${content} AS content, o.key, b.content_sha256 AS sha256 FROM blobs b LEFT JOIN stored_objects o ON o.id = b.object_id WHERE b.id = $2 AND b.organization_id = $1`,
      range ? [organizationId, id, range.offset + 1, range.length] : [organizationId, id],
    );
    if (!row || row.key === null) return row?.content ?? null;
    const bytes = await this.objects.get(row.key, range);
    if (bytes === null) throw new Error(`the object store has lost ${row.key}`);
    if (!range && !sha256(bytes).equals(row.sha256)) throw new Error(`the object store holds other bytes under ${row.key} than were put there`);
    return bytes;
  }

  async delete(tx: Tx, id: string): Promise<void> {
    await sqlChange(tx, 'DELETE FROM blobs WHERE id = $1', [id]);
  }

  /** Removes blobs past their time; returns how many. */
  deleteExpired(tx: Tx, limit: number): Promise<number> {
    return sqlChange(tx, 'DELETE FROM blobs WHERE id IN (SELECT id FROM blobs WHERE expires_at < now() ORDER BY expires_at LIMIT $1 FOR UPDATE SKIP LOCKED)', [limit]);
  }

  /**
   * Removes objects that no blob names: left by a process that died, replaced, or past their blob's time. Returns how many. First they are
   * doomed, so that none can be named any more; the row goes last, so that an object whose removal failed is tried again.
   */
  async removeUnnamed(work: UnitOfWork, limit: number): Promise<number> {
    if (!this.objects.isConfigured) return 0;
    const doomed = await work.run((tx) => this.doom(tx, limit));
    for (const { id, key } of doomed) {
      await this.objects.delete(key);
      await work.run((tx) => sqlChange(tx, 'DELETE FROM stored_objects WHERE id = $1', [id]));
    }
    return doomed.length;
  }

  /** Locked first, judged by a second statement: one alone could overlook a blob that was put while it waited. */
  private async doom(tx: Tx, limit: number): Promise<{ id: string; key: string }[]> {
    const unnamed = 'NOT EXISTS (SELECT FROM blobs b WHERE b.object_id = o.id)';
    const old = await sqlRows<{ id: string }>(
      tx,
      `SELECT o.id FROM stored_objects o WHERE o.created_at < now() - make_interval(mins => $1) AND ${unnamed} ORDER BY o.created_at LIMIT $2 FOR UPDATE SKIP LOCKED`,
      [UNNAMED_OBJECT_MINUTES, limit],
    );
    return sqlRows(tx, `UPDATE stored_objects o SET doomed_at = coalesce(o.doomed_at, now()) WHERE o.id = ANY($1::uuid[]) AND ${unnamed} RETURNING o.id, o.key`, [old.map(({ id }) => id)]);
  }
}

function checkSize(bytes: number): void {
  if (bytes > BLOB_BYTES) throw new RangeError(`a blob holds at most ${BLOB_BYTES} bytes, not ${bytes}`);
}

function sha256(bytes: Buffer): Buffer {
  return createHash('sha256').update(bytes).digest();
}
