import { isEnded, type TaskView } from '@app/domain';
import { TaskEventFollower } from '@app/messaging';
import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import type { Response } from 'express';
import type { Principal } from '../../auth/principal';
import { FIRST_FRAME, PING_FRAME } from './event-frames';
import { tooManyStreams } from './events.errors';
import { SseReader } from './sse-reader';

const PING_MS = 15_000;
/** Open streams of one user in this process. */
const MAX_STREAMS = 10;
const HEADERS = {
  'Content-Type': 'text/event-stream; charset=utf-8',
  'Cache-Control': 'no-store, no-transform',
  'X-Accel-Buffering': 'no',
  Connection: 'keep-alive',
};

export interface StreamRequest {
  readonly principal: Principal;
  readonly task: TaskView;
  readonly afterSeq: number;
  /** When the caller's token expires, in milliseconds since 1970; null: unknown. */
  readonly expiresAt: number | null;
}

/** Open event streams. */
@Injectable()
export class EventStreams implements OnModuleDestroy {
  private readonly open = new Map<string, number>();

  constructor(private readonly follower: TaskEventFollower) {}

  /**
   * Answers with the task's events until it ends, the token expires or the reader goes; 204 when it has ended and there is nothing left.
   * @throws {AppError} too_many_streams
   */
  answer({ principal, task, afterSeq, expiresAt }: StreamRequest, response: Response): void {
    if (isEnded(task.status) && afterSeq >= Number(task.lastEventSeq)) {
      response.status(204).end();
      return;
    }
    if (response.req.method === 'HEAD') {
      response.writeHead(200, HEADERS).end();
      return;
    }
    this.count(principal.userId, +1);
    response.writeHead(200, HEADERS);
    const reader = new SseReader(response);
    reader.write(FIRST_FRAME);
    const stop = this.follower.follow({ organizationId: task.organizationId, taskId: task.id }, afterSeq, reader);
    const ping = setInterval(() => reader.write(PING_FRAME), PING_MS);
    const expiry = expiresAt === null ? null : setTimeout(() => response.end(), Math.min(Math.max(expiresAt - Date.now(), 0), 2_147_483_647));
    response.on('error', () => undefined);
    response.once('close', () => {
      clearInterval(ping);
      if (expiry) clearTimeout(expiry);
      stop();
      this.count(principal.userId, -1);
    });
  }

  /** Before the server waits for open answers. Readers come back by their last id. */
  onModuleDestroy(): void {
    this.follower.close();
  }

  private count(userId: string, change: 1 | -1): void {
    const streams = (this.open.get(userId) ?? 0) + change;
    if (streams > MAX_STREAMS) throw tooManyStreams(MAX_STREAMS);
    if (streams > 0) this.open.set(userId, streams);
    else this.open.delete(userId);
  }
}
