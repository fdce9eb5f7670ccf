import { AppError, PAYLOAD_TOO_LARGE } from '@app/common';
import type { HttpRequest } from '../../http/http-request';
import { INVALID_WEBHOOK_PAYLOAD } from './incoming-webhooks.errors';

/** The bytes as they arrive: signatures are over these, not over JSON that was read and written again. @throws {AppError} payload_too_large, invalid_webhook_payload */
export async function readRawBody(request: HttpRequest, most: number): Promise<Buffer> {
  if (Number(request.headers['content-length'] ?? 0) > most) throw tooLarge(most);
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of request as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > most) throw tooLarge(most);
      chunks.push(chunk);
    }
  } catch (error) {
    if (error instanceof AppError) throw error;
    throw new AppError(INVALID_WEBHOOK_PAYLOAD, 'The body ended before it was whole.', { cause: error });
  }
  return Buffer.concat(chunks);
}

/** What was not read is not waited for: the connection ends with the answer. */
function tooLarge(most: number): AppError {
  return new AppError(PAYLOAD_TOO_LARGE, `The body is larger than ${most} bytes.`, { headers: { Connection: 'close' } });
}
