import type { S3Client } from '@aws-sdk/client-s3';
import { ConfigError } from '../config/load-config';
import type { StorageConfig } from '../config/storage.config';
import { checkedObjectKey, ObjectStore, type ObjectRange } from './object-store';

const CONNECT_MS = 5_000;
const REQUEST_MS = 60_000;
const TRIES = 4;

type Sdk = typeof import('@aws-sdk/client-s3');

/** Objects in a bucket of S3 or of a server that speaks its protocol. The vendor's client is loaded at the first use. */
export class S3ObjectStore extends ObjectStore {
  readonly isConfigured = true;
  private readonly bucket: string;
  private opened: Promise<{ sdk: Sdk; client: S3Client }> | null = null;

  constructor(private readonly config: StorageConfig) {
    super();
    if (config.S3_BUCKET === undefined) throw new ConfigError(['S3_BUCKET is required with OBJECT_STORE=s3']);
    this.bucket = config.S3_BUCKET;
  }

  async put(key: string, bytes: Buffer, mediaType: string): Promise<void> {
    const { sdk, client } = await this.open();
    await client.send(new sdk.PutObjectCommand({ ...this.at(key), Body: bytes, ContentLength: bytes.length, ContentType: mediaType }));
  }

  async get(key: string, range?: ObjectRange): Promise<Buffer | null> {
    if (range && range.length <= 0) return Buffer.alloc(0);
    const { sdk, client } = await this.open();
    try {
      const answer = await client.send(new sdk.GetObjectCommand({ ...this.at(key), Range: range && `bytes=${range.offset}-${range.offset + range.length - 1}` }));
      return Buffer.from((await answer.Body?.transformToByteArray()) ?? []);
    } catch (error) {
      const { name } = error as Error;
      if (name === 'NoSuchKey' || name === 'NotFound') return null;
      // Behind its end there is nothing to read.
      if (name === 'InvalidRange') return Buffer.alloc(0);
      throw error;
    }
  }

  async delete(key: string): Promise<void> {
    const { sdk, client } = await this.open();
    await client.send(new sdk.DeleteObjectCommand(this.at(key)));
  }

  private at(key: string): { Bucket: string; Key: string } {
    return { Bucket: this.bucket, Key: `${this.config.S3_PREFIX}${checkedObjectKey(key)}` };
  }

  private open(): Promise<{ sdk: Sdk; client: S3Client }> {
    this.opened ??= import('@aws-sdk/client-s3').then((sdk) => ({ sdk, client: this.client(sdk) }));
    return this.opened;
  }

  private client(sdk: Sdk): S3Client {
    const { S3_REGION, S3_ENDPOINT, S3_FORCE_PATH_STYLE, S3_ACCESS_KEY_ID, S3_SECRET_ACCESS_KEY } = this.config;
    const own = S3_ACCESS_KEY_ID !== undefined && S3_SECRET_ACCESS_KEY !== undefined;
    return new sdk.S3Client({
      region: S3_REGION,
      forcePathStyle: S3_FORCE_PATH_STYLE,
      maxAttempts: TRIES,
      requestHandler: { connectionTimeout: CONNECT_MS, requestTimeout: REQUEST_MS, throwOnRequestTimeout: true },
      // The client's own checksums are refused by many compatible servers; whoever reads compares the SHA-256 of the row.
      requestChecksumCalculation: 'WHEN_REQUIRED',
      responseChecksumValidation: 'WHEN_REQUIRED',
      ...(S3_ENDPOINT === undefined ? {} : { endpoint: S3_ENDPOINT }),
      ...(own ? { credentials: { accessKeyId: S3_ACCESS_KEY_ID, secretAccessKey: S3_SECRET_ACCESS_KEY.use((text) => text) } } : {}),
    });
  }
}
