import { AppError } from '@app/common';
import { isEnded, type TaskView } from '@app/domain';
import { TaskEventFollower } from '@app/messaging';
import { metrics } from '@app/telemetry';
import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import type { Response } from 'express';
import type { Principal } from '../../auth/principal';
import { FIRST_FRAME, PING_FRAME } from './event-frames';
import { tooManyStreams } from './events.errors';
import { SseReader } from './sse-reader';

const PING_MS = 15_000;
/** How long a stream may outlive its session, token, membership or account. */
const CHECK_MS = 30_000;
/** Open streams of one user in this process. */
const MAX_STREAMS = 10;
const LONGEST_TIMER_MS = 2_147_483_647;
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
  /** Who reads for it; absent: the follower of events. */
  readonly follower?: TaskEventFollower;
  /** Nothing is left and nothing will come; absent: by the task's events. */
  readonly isOver?: boolean;
  /** Asks again what was asked before the stream began. @throws {AppError} once the caller may not read the task any more */
  readonly check: () => Promise<void>;
}

/** Open event streams. */
@Injectable()
export class EventStreams implements OnModuleDestroy {
  private readonly open = new Map<string, number>();

  constructor(private readonly follower: TaskEventFollower) {}

  /**
   * Answers with the task's events until it ends, the reader goes or may not read it any more; 204 when it has ended and there is nothing left.
   * @throws {AppError} too_many_streams
   */
  answer({ principal, task, afterSeq, check, follower = this.follower, isOver }: StreamRequest, response: Response): void {
    if (isOver ?? (isEnded(task.status) && afterSeq >= Number(task.lastEventSeq))) {
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
    const stop = follower.follow({ organizationId: task.organizationId, taskId: task.id }, afterSeq, reader);
    const ping = setInterval(() => reader.write(PING_FRAME), PING_MS);
    const expiry = endAt(response, principal.expiresAt);
    const checking = setInterval(() => void check().catch((error: unknown) => isRefusal(error) && response.end()), CHECK_MS);
    response.on('error', () => undefined);
    response.once('close', () => {
      clearInterval(ping);
      clearInterval(checking);
      clearTimeout(expiry);
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
    metrics.streamReaders.change({}, change);
    if (streams > 0) this.open.set(userId, streams);
    else this.open.delete(userId);
  }
}

function endAt(response: Response, time: Date | null): NodeJS.Timeout | undefined {
  return time === null ? undefined : setTimeout(() => response.end(), Math.min(Math.max(time.getTime() - Date.now(), 0), LONGEST_TIMER_MS));
}

/** A database that is away is none: the next check asks it again. */
function isRefusal(error: unknown): boolean {
  return error instanceof AppError && error.kind.status < 500;
}
