import type { TaskDelta } from './task-event-bus';

/** How long pieces of an answer are gathered. */
const GATHER_MS = 40;
/** Characters in one message: even when JSON makes six bytes of each, it fits into a NOTIFY (8,000 bytes). */
const PIECE_CHARS = 1_200;
/** Characters kept for one task while the transport is slow; more is dropped, for the whole message follows as a row. */
const MAX_CHARS = 64_000;

interface Gathered {
  readonly pieces: { kind: TaskDelta['kind']; text: string }[];
  chars: number;
  timer: NodeJS.Timeout;
}

/** Sends the first piece of an answer at once and joins those that follow within 40 ms. */
export class DeltaBatcher {
  private readonly gathered = new Map<string, Gathered>();

  constructor(private readonly send: (delta: TaskDelta) => void) {}

  add(delta: TaskDelta): void {
    const waiting = this.gathered.get(delta.taskId);
    if (!waiting) {
      this.gathered.set(delta.taskId, this.gather(delta.taskId));
      this.sendInPieces(delta);
      return;
    }
    if (waiting.chars + delta.text.length > MAX_CHARS) return;
    waiting.chars += delta.text.length;
    const last = waiting.pieces.at(-1);
    if (last?.kind === delta.kind) last.text += delta.text;
    else waiting.pieces.push({ kind: delta.kind, text: delta.text });
  }

  close(): void {
    for (const { timer } of this.gathered.values()) clearTimeout(timer);
    this.gathered.clear();
  }

  private gather(taskId: string): Gathered {
    return { pieces: [], chars: 0, timer: setTimeout(() => this.flush(taskId), GATHER_MS) };
  }

  private flush(taskId: string): void {
    const waiting = this.gathered.get(taskId);
    if (!waiting || waiting.pieces.length === 0) {
      this.gathered.delete(taskId);
      return;
    }
    this.gathered.set(taskId, this.gather(taskId));
    for (const { kind, text } of waiting.pieces) this.sendInPieces({ taskId, kind, text });
  }

  private sendInPieces(delta: TaskDelta): void {
    for (let from = 0; from < delta.text.length; ) {
      let to = Math.min(from + PIECE_CHARS, delta.text.length);
      if (to < delta.text.length && isHighSurrogate(delta.text.charCodeAt(to - 1))) to -= 1;
      this.send({ ...delta, text: delta.text.slice(from, to) });
      from = to;
    }
  }
}

function isHighSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdbff;
}
