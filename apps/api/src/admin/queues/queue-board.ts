import { redact } from '@app/common';
import { JobProducer } from '@app/messaging';
import type { BullMQAdapter } from '@bull-board/api/bullMQAdapter';
import type { NestExpressApplication } from '@nestjs/platform-express';
import type { NextFunction, RequestHandler, Response } from 'express';
import type { HttpRequest } from '../../http/http-request';
import { BoardAccess } from './board-access';

export const QUEUE_BOARD = '/admin/queues';

/** The page needs its own script, style and images; nothing from elsewhere. */
const CSP = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; connect-src 'self'; manifest-src 'self'; frame-ancestors 'none'";

type BoardQueue = ConstructorParameters<typeof BullMQAdapter>[0];

/** The page of the queues for the platform's staff. What it is made of is loaded when somebody opens it. */
export function serveQueueBoard(app: NestExpressApplication): void {
  const access = app.get(BoardAccess, { strict: false });
  const jobs = app.get(JobProducer, { strict: false });
  let board: Promise<RequestHandler> | undefined;
  app.use(QUEUE_BOARD, (request: HttpRequest, response: Response, next: NextFunction) => {
    const open = async (): Promise<void> => {
      await access.check(request, response);
      response.setHeader('Content-Security-Policy', CSP);
      hideSecrets(response);
      board ??= openBoard(jobs);
      (await board)(request, response, next);
    };
    open().catch(next);
  });
}

async function openBoard(jobs: JobProducer): Promise<RequestHandler> {
  const [{ createBullBoard }, { BullMQAdapter: Adapter }, { ExpressAdapter }] = await Promise.all([import('@bull-board/api'), import('@bull-board/api/bullMQAdapter'), import('@bull-board/express')]);
  const serverAdapter = new ExpressAdapter().setBasePath(QUEUE_BOARD);
  const queues = jobs.queues().map((queue) => new Adapter(queue as BoardQueue, { allowRetries: false }));
  // The two packages bring a copy of their types each.
  createBullBoard({ queues, serverAdapter: serverAdapter as never, options: { uiConfig: { boardTitle: 'Async Coder' } } });
  return serverAdapter.getRouter() as RequestHandler;
}

/** Payloads are ids, so nothing should be found; errors of jobs may quote anything. */
function hideSecrets(response: Response): void {
  const json = response.json.bind(response);
  response.json = (body: unknown) => json(body === undefined ? body : (JSON.parse(redact(JSON.stringify(body))) as unknown));
}
