import { IsBoolean, IsIn, IsOptional, IsString, Matches } from 'class-validator';
import type { Secret } from '../crypto/secret';
import { AsSecret } from './secret-setting';
import { AsBoolean } from './setting';

/** Where bytes too big for a row lie: checkpoints, patches and outputs above 1 MiB. */
export class StorageConfig {
  /** database: in PostgreSQL; folder: files in a folder that all processes share; s3: a bucket of S3 or of a compatible server. */
  @IsIn(['database', 'folder', 's3'])
  OBJECT_STORE: 'database' | 'folder' | 's3' = 'database';

  /** Folder of the objects, for OBJECT_STORE=folder: the same volume for every API and worker. */
  @IsOptional() @IsString()
  OBJECT_STORE_DIR?: string;

  /** Bucket of the objects, for OBJECT_STORE=s3. Keep it private and encrypted; no versions and no expiry are needed. */
  @IsOptional() @Matches(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/)
  S3_BUCKET?: string;

  /** Region of the bucket. */
  @IsString()
  S3_REGION = 'us-east-1';

  /** Root of a compatible server (MinIO, R2, Ceph ...); without it AWS is used. */
  @IsOptional() @Matches(/^https?:\/\/\S+[^/]$/)
  S3_ENDPOINT?: string;

  /** The bucket stands in the path, not in the host's name: most compatible servers want that. */
  @IsBoolean() @AsBoolean()
  S3_FORCE_PATH_STYLE = false;

  /** What all keys begin with, for a bucket that is shared. */
  @Matches(/^([A-Za-z0-9._-]+\/)*$/)
  S3_PREFIX = '';

  /** Access key; without it the machine's own role is used. */
  @IsOptional() @IsString()
  S3_ACCESS_KEY_ID?: string;

  /** Its secret. */
  @IsOptional() @AsSecret()
  S3_SECRET_ACCESS_KEY?: Secret;
}

/** Settings that do not fit together. Returns a sentence per fault. */
export function storageFaults(storage: StorageConfig): string[] {
  const faults: string[] = [];
  if (storage.OBJECT_STORE === 'folder' && storage.OBJECT_STORE_DIR === undefined) faults.push('OBJECT_STORE_DIR is required with OBJECT_STORE=folder');
  if (storage.OBJECT_STORE === 's3' && storage.S3_BUCKET === undefined) faults.push('S3_BUCKET is required with OBJECT_STORE=s3');
  if ((storage.S3_ACCESS_KEY_ID === undefined) !== (storage.S3_SECRET_ACCESS_KEY === undefined)) faults.push('S3_ACCESS_KEY_ID and S3_SECRET_ACCESS_KEY are given together or not at all');
  return faults;
}
