// A stand-in for S3: objects of one bucket in memory, path style, signed requests only.
import { createHash, randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { signatureFault } from './signature';

export interface S3Fault {
  /** How many requests; 1 when left out. */
  times?: number;
  /** Only requests of this method. */
  readonly method?: string;
  /** An error answer; 0: the connection is cut. */
  readonly status: number;
  /** The error's code; "InternalError" when left out. */
  readonly code?: string;
}

export interface S3Request {
  readonly method: string;
  readonly key: string;
  readonly status: number;
}

interface StoredObject {
  readonly bytes: Buffer;
  readonly mediaType: string;
}

export class S3Peer {
  readonly bucket = 'async-coder';
  readonly accessKeyId = 'AKIDPEER0000000000AA';
  readonly secretAccessKey = randomBytes(30).toString('base64');
  readonly objects = new Map<string, StoredObject>();
  readonly requests: S3Request[] = [];
  private faults: S3Fault[] = [];
  private readonly server = createServer((request, response) => void this.serve(request, response).catch(() => response.destroy()));

  static async start(port = 0): Promise<S3Peer> {
    const peer = new S3Peer();
    await new Promise<void>((resolve, reject) => peer.server.once('error', reject).listen(port, '127.0.0.1', resolve));
    return peer;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  fail(fault: S3Fault): void {
    this.faults.push({ times: 1, ...fault });
  }

  stop(): Promise<void> {
    this.server.closeAllConnections();
    return new Promise((resolve) => this.server.close(() => resolve()));
  }

  private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const body = Buffer.concat(parts);
    const { pathname } = new URL(request.url ?? '/', 'http://s3.invalid');
    const [, bucket = '', ...words] = decodeURIComponent(pathname).split('/');
    const key = words.join('/');
    const answer = this.answer(request, { bucket, key, body });
    this.requests.push({ method: request.method ?? '', key, status: answer.status });
    if (answer.status === 0) return void request.socket.destroy();
    response.writeHead(answer.status, { 'x-amz-request-id': randomBytes(8).toString('hex').toUpperCase(), ...answer.headers });
    response.end(request.method === 'HEAD' ? undefined : answer.body);
  }

  private answer(request: IncomingMessage, { bucket, key, body }: { bucket: string; key: string; body: Buffer }): Answer {
    const fault = this.takeFault(request.method ?? '');
    if (fault) return refusal(fault.status, fault.code ?? 'InternalError');
    const wrong = signatureFault(request, body, this);
    if (wrong !== null) return refusal(403, wrong);
    if (bucket !== this.bucket) return refusal(404, 'NoSuchBucket');
    if (key === '' || Buffer.byteLength(key) > 1_024) return refusal(400, 'InvalidURI');
    return this.act(request, key, body);
  }

  private act({ method, headers }: IncomingMessage, key: string, body: Buffer): Answer {
    if (method === 'PUT') return this.put(key, body, headers['content-type'] ?? 'binary/octet-stream');
    if (method === 'GET' || method === 'HEAD') return this.get(key, headers.range);
    if (method !== 'DELETE') return refusal(405, 'MethodNotAllowed');
    this.objects.delete(key);
    return { status: 204, headers: {}, body: '' };
  }

  private put(key: string, bytes: Buffer, mediaType: string): Answer {
    this.objects.set(key, { bytes, mediaType });
    return { status: 200, headers: { etag: `"${createHash('md5').update(bytes).digest('hex')}"` }, body: '' };
  }

  private get(key: string, range: string | undefined): Answer {
    const object = this.objects.get(key);
    if (!object) return refusal(404, 'NoSuchKey');
    const [, from, to] = /^bytes=(\d+)-(\d+)$/.exec(range ?? '') ?? [];
    if (from === undefined) return { status: 200, headers: { 'content-type': object.mediaType, 'content-length': String(object.bytes.length) }, body: object.bytes };
    if (Number(from) >= object.bytes.length) return refusal(416, 'InvalidRange');
    const part = object.bytes.subarray(Number(from), Number(to) + 1);
    return { status: 206, headers: { 'content-range': `bytes ${from}-${Number(from) + part.length - 1}/${object.bytes.length}`, 'content-length': String(part.length) }, body: part };
  }

  private takeFault(method: string): S3Fault | null {
    const found = this.faults.find((fault) => fault.method === undefined || fault.method === method);
    if (!found) return null;
    found.times = (found.times ?? 1) - 1;
    if (found.times <= 0) this.faults = this.faults.filter((other) => other !== found);
    return found;
  }
}

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer | string;
}

function refusal(status: number, code: string): Answer {
  return { status, headers: { 'content-type': 'application/xml' }, body: `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>${code}</Message></Error>` };
}
