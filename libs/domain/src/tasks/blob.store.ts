import { createHash } from 'node:crypto';
import { newId } from '@app/common';
import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { sqlChange, sqlRow } from '../sql';
import type { Tx } from '../unit-of-work';
import { BLOB_BYTES } from './tunables';

export interface NewBlob {
  readonly mediaType: string;
  readonly content: Buffer;
  readonly expiresAt?: Date | null;
}

/** Bytes from `offset`, at most `length` of them. */
export interface ByteRange {
  readonly offset: number;
  readonly length: number;
}

/** Bytes too big for a row, up to 32 MiB, in PostgreSQL. */
@Injectable()
export class BlobStore {
  /** Keeps the bytes and returns their id. @throws {RangeError} above 32 MiB. */
  async put(tx: Tx, organizationId: string, blob: NewBlob): Promise<string> {
    if (blob.content.length > BLOB_BYTES) throw new RangeError(`a blob holds at most ${BLOB_BYTES} bytes, not ${blob.content.length}`);
    const id = newId();
    await tx.query(
      'INSERT INTO blobs (id, organization_id, media_type, size_bytes, content_sha256, content, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7)',
      [id, organizationId, blob.mediaType, blob.content.length, createHash('sha256').update(blob.content).digest(), blob.content, blob.expiresAt ?? null],
    );
    return id;
  }

  /** The bytes, or a part of them; null when there is no such blob. */
  async read(manager: EntityManager, organizationId: string, id: string, range?: ByteRange): Promise<Buffer | null> {
    const row = await sqlRow<{ content: Buffer }>(
      manager,
      range
        ? 'SELECT substring(content FROM $3::integer FOR $4::integer) AS content FROM blobs WHERE id = $2 AND organization_id = $1'
        : 'SELECT content FROM blobs WHERE id = $2 AND organization_id = $1',
      range ? [organizationId, id, range.offset + 1, range.length] : [organizationId, id],
    );
    return row?.content ?? null;
  }

  async delete(tx: Tx, id: string): Promise<void> {
    await sqlChange(tx, 'DELETE FROM blobs WHERE id = $1', [id]);
  }

  /** Removes blobs past their time; returns how many. */
  deleteExpired(tx: Tx, limit: number): Promise<number> {
    return sqlChange(tx, 'DELETE FROM blobs WHERE id IN (SELECT id FROM blobs WHERE expires_at < now() ORDER BY expires_at LIMIT $1 FOR UPDATE SKIP LOCKED)', [limit]);
  }
}
