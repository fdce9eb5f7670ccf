import type { Listeners } from './listeners';
import type { TaskDelta } from './task-event-bus';

let deltasSent = 0;

/** A message on the bus: news is the bare task id, a delta is JSON. */
export function encodeDelta(delta: TaskDelta): string {
  // The number keeps equal pieces apart: PostgreSQL delivers equal notifications of one transaction once.
  return JSON.stringify({ t: delta.taskId, k: delta.kind, d: delta.text, n: ++deltasSent });
}

/** Hands a message to the listeners; what cannot be read is dropped, for nothing depends on it. */
export function dispatch(message: string, listeners: Listeners): void {
  if (!message.startsWith('{')) {
    listeners.news(message);
    return;
  }
  try {
    const { t, k, d } = JSON.parse(message) as { t?: unknown; k?: unknown; d?: unknown };
    if (typeof t === 'string' && (k === 'text' || k === 'think') && typeof d === 'string') listeners.delta({ taskId: t, kind: k, text: d });
  } catch {
    // Not ours.
  }
}
