import type { StoredTaskEvent, TaskStatus } from '@app/domain';
import type { TaskDelta } from '@app/messaging';
import { projectEvent } from './event-projection';

/** What tells a browser how soon to come back. */
export const FIRST_FRAME = 'retry: 3000\n\n';
export const PING_FRAME = ': ping\n\n';

/** One row, one frame. JSON holds no line break, so it is one `data` line. */
export function eventFrame(event: StoredTaskEvent): string {
  const { name, data } = projectEvent(event);
  const shown = { seq: event.seq, attempt: event.attempt, createdAt: event.createdAt.toISOString(), ...data };
  return `id: ${event.seq}\nevent: ${name}\ndata: ${JSON.stringify(shown)}\n\n`;
}

/** A piece of an answer while the model speaks: no id, for it is no row and is not replayed. */
export function deltaFrame({ kind, text }: TaskDelta): string {
  return `event: delta\ndata: ${JSON.stringify({ kind, text })}\n\n`;
}

/** Closes the stream of an ended task. No id, so that a reconnect still names the last row. */
export function doneFrame(task: { status: TaskStatus; statusReason: string | null; lastSeq: number }): string {
  const { status, statusReason, lastSeq } = task;
  return `event: done\ndata: ${JSON.stringify({ status, statusReason, lastSeq })}\n\n`;
}
