import { isEnded, TaskEventStore, UnitOfWork } from '@app/domain';
import type { EventChunk, EventSource, FollowedRef, TaskDelta } from '@app/messaging';
import { Injectable } from '@nestjs/common';
import { deltaFrame, doneFrame, eventFrame } from './event-frames';

/** The table as followers read it, in frames. Who may see the task was checked before. */
@Injectable()
export class TaskEventSource implements EventSource {
  constructor(
    private readonly events: TaskEventStore,
    private readonly unitOfWork: UnitOfWork,
  ) {}

  async read(task: FollowedRef, afterSeq: number, limit: number): Promise<EventChunk> {
    const rows = await this.events.readAfter(this.unitOfWork.reader, task, afterSeq, limit);
    const frames = rows.map((event) => ({ seq: event.seq, frame: eventFrame(event) }));
    if (rows.length === limit) return { frames, more: true, end: null };
    // Asked after the rows: if the task has ended at just the last row read, nothing can be missing.
    const position = await this.events.position(this.unitOfWork.reader, task);
    const last = rows.at(-1)?.seq ?? afterSeq;
    if (position === null) return { frames, more: false, end: doneFrame({ status: 'cancelled', statusReason: null, lastSeq: last }) };
    const isBehind = position.lastSeq > last;
    if (isEnded(position.status) && (!isBehind || (await this.isForgotten(task, last)))) return { frames, more: false, end: doneFrame(position) };
    return { frames, more: isBehind, end: null };
  }

  /** Whether what should follow has had its time: a task's rows are there before its counter tells of them. */
  private async isForgotten(task: FollowedRef, last: number): Promise<boolean> {
    return (await this.events.readAfter(this.unitOfWork.reader, task, last, 1)).length === 0;
  }

  delta(delta: TaskDelta): string {
    return deltaFrame(delta);
  }
}
