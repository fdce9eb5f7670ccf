import type { IncomingMessage } from 'node:http';

/** A conversation that fills a window of a million tokens, as JSON. */
const MOST_BYTES = 16 * 1024 * 1024;

/** The whole body; null: it is larger than any that makes sense, and the rest was not read. */
export async function readBody(request: IncomingMessage): Promise<Buffer | null> {
  if (Number(request.headers['content-length'] ?? 0) > MOST_BYTES) return null;
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    size += (chunk as Buffer).length;
    if (size > MOST_BYTES) return null;
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks);
}
