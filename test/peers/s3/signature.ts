import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

const sha256 = (data: string | Buffer): string => createHash('sha256').update(data).digest('hex');
const hmac = (key: string | Buffer, data: string): Buffer => createHmac('sha256', key).update(data).digest();

/** Checks AWS Signature Version 4 of a request, as S3 does; gives the fault's code, or null. */
export function signatureFault(request: IncomingMessage, body: Buffer, keys: { readonly accessKeyId: string; readonly secretAccessKey: string }): string | null {
  const form = /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/s3\/aws4_request, ?SignedHeaders=([a-z0-9;-]+), ?Signature=([0-9a-f]{64})$/.exec(request.headers.authorization ?? '');
  if (!form) return 'AccessDenied';
  const [, id = '', day = '', region = '', names = '', signature = ''] = form;
  if (id !== keys.accessKeyId) return 'InvalidAccessKeyId';
  const said = String(request.headers['x-amz-content-sha256']);
  if (said !== 'UNSIGNED-PAYLOAD' && said !== sha256(body)) return 'XAmzContentSHA256Mismatch';
  const canonical = canonicalOf(request, names, said);
  const text = ['AWS4-HMAC-SHA256', String(request.headers['x-amz-date']), `${day}/${region}/s3/aws4_request`, sha256(canonical)].join('\n');
  const key = [region, 's3', 'aws4_request'].reduce<Buffer>((from, part) => hmac(from, part), hmac(`AWS4${keys.secretAccessKey}`, day));
  return timingSafeEqual(hmac(key, text), Buffer.from(signature, 'hex')) ? null : 'SignatureDoesNotMatch';
}

/** The request as both sides write it down before they sign it. */
function canonicalOf(request: IncomingMessage, names: string, payload: string): string {
  const url = new URL(request.url ?? '/', 'http://s3.invalid');
  const query = [...url.searchParams].map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`).sort().join('&');
  const headers = names.split(';').map((name) => `${name}:${String(request.headers[name] ?? '').trim().replace(/ +/g, ' ')}\n`).join('');
  return [request.method, url.pathname, query, headers, names, payload].join('\n');
}
