import { Clock, Logger } from '@app/common';
import { isEnded, TaskEventStore, TaskLogStore, UnitOfWork, type LogQuery, type TaskView } from '@app/domain';
import { TaskEventBus, TaskEventFollower, type EventChunk, type EventSource, type FollowedRef } from '@app/messaging';
import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import type { Response } from 'express';
import { LogLineResponse } from '../dto/log.dto';
import { doneFrame } from '../events/event-frames';
import { EventStreams, type StreamRequest } from '../events/event-streams';

/** Which lines; all that are given must hold. */
export type LogFilter = Pick<LogQuery, 'level' | 'source' | 'attempt' | 'q'>;

/** The log as followers read it: its lines, in frames whose id is the line's number. */
class LogSource implements EventSource {
  constructor(
    private readonly logs: TaskLogStore,
    private readonly events: TaskEventStore,
    private readonly unitOfWork: UnitOfWork,
    private readonly filter: LogFilter,
  ) {}

  async read(task: FollowedRef, after: number, limit: number): Promise<EventChunk> {
    const { reader } = this.unitOfWork;
    // Asked before the lines: of a task that had ended by then, none is missing.
    const position = await this.events.position(reader, task);
    const rows = await this.logs.read(reader, { ...task, ...this.filter, after, limit });
    const frames = rows.map((row) => ({ seq: row.seq, frame: `id: ${row.seq}\nevent: line\ndata: ${JSON.stringify(LogLineResponse.from(row))}\n\n` }));
    const more = rows.length === limit;
    const isOver = !more && (position === null || isEnded(position.status));
    const { status, statusReason } = position ?? { status: 'cancelled' as const, statusReason: null };
    return { frames, more, end: isOver ? doneFrame({ status, statusReason, lastSeq: rows.at(-1)?.seq ?? after }) : null };
  }

  /** What a model says is no line. */
  delta(): string {
    return '';
  }
}

/** What streams of logs are made with. */
@Injectable()
export class LogStreamTools {
  constructor(
    readonly clock: Clock,
    readonly logger: Logger,
  ) {}
}

/** Open streams of logs. Each filter has a follower of its own; those who want every line share one. */
@Injectable()
export class LogStreams implements OnModuleDestroy {
  private readonly followers = new Set<TaskEventFollower>();
  private shared: TaskEventFollower | null = null;

  constructor(
    private readonly logs: TaskLogStore,
    private readonly events: TaskEventStore,
    private readonly unitOfWork: UnitOfWork,
    private readonly streams: EventStreams,
    private readonly bus: TaskEventBus,
    private readonly tools: LogStreamTools,
  ) {}

  /** Answers with the lines after `afterSeq` until the task ends; 204 when it has and there are none. @throws {AppError} too_many_streams */
  async answer(request: Omit<StreamRequest, 'follower' | 'isOver'>, filter: LogFilter, response: Response): Promise<void> {
    const isOver = isEnded(request.task.status) && (await this.isRead(request.task, { ...filter, after: request.afterSeq }));
    const follower = this.follower(filter);
    response.once('close', () => follower !== this.shared && this.followers.delete(follower));
    this.streams.answer({ ...request, follower, isOver }, response);
  }

  onModuleDestroy(): void {
    for (const follower of this.followers) follower.close();
  }

  private follower(filter: LogFilter): TaskEventFollower {
    const wantsAll = Object.values(filter).every((value) => value === undefined);
    if (wantsAll && this.shared) return this.shared;
    const { clock, logger } = this.tools;
    const follower = new TaskEventFollower({ bus: this.bus, source: new LogSource(this.logs, this.events, this.unitOfWork, filter), clock, logger: logger.named('logs') });
    if (wantsAll) this.shared = follower;
    this.followers.add(follower);
    return follower;
  }

  private async isRead({ organizationId, id: taskId }: TaskView, query: LogFilter & { after: number }): Promise<boolean> {
    return (await this.logs.read(this.unitOfWork.reader, { ...query, organizationId, taskId, limit: 1 })).length === 0;
  }
}
