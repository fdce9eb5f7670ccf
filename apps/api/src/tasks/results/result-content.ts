import { notFound } from '@app/common';
import { TaskResultStore, UnitOfWork, type TaskResultRow } from '@app/domain';
import { Injectable } from '@nestjs/common';
import type { Response } from 'express';
import { setEtag } from '../../http/etag';
import { byteRange } from './byte-range';

const EXTENSIONS: Readonly<Record<string, string>> = { 'text/x-patch': 'patch', 'text/x-diff': 'diff', 'text/markdown': 'md', 'application/json': 'json', 'text/plain': 'txt' };

/** Sends a result's bytes as a download that no browser runs. */
@Injectable()
export class ResultContent {
  constructor(
    private readonly results: TaskResultStore,
    private readonly unitOfWork: UnitOfWork,
  ) {}

  async answer(organizationId: string, result: TaskResultRow, response: Response): Promise<void> {
    const part = byteRange(response.req.headers.range, result.sizeBytes);
    const bytes = await this.results.content(this.unitOfWork.reader, organizationId, result.id, part ?? undefined);
    if (!bytes) throw notFound();
    if (result.sha256 !== null) setEtag(response, `"${result.sha256}"`);
    response.setHeader('Accept-Ranges', 'bytes');
    response.setHeader('Content-Security-Policy', 'sandbox');
    response.setHeader('Content-Disposition', `attachment; filename="${fileName(result)}"`);
    if (part) response.status(206).setHeader('Content-Range', `bytes ${part.offset}-${part.offset + part.length - 1}/${result.sizeBytes}`);
    response.type(result.mediaType).send(bytes);
  }
}

function fileName({ id, type, mediaType }: TaskResultRow): string {
  return `${type}-${id}.${extensionOf(mediaType)}`;
}

/** How the name of a file with such content ends. */
export function extensionOf(mediaType: string): string {
  return EXTENSIONS[mediaType.split(';')[0] ?? ''] ?? 'bin';
}
