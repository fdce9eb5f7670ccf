import type { EventChunk, EventReader } from './event-reader';
import type { ReadSize } from './read-size';

/** A reader and where it stands. */
export interface Seat {
  readonly reader: EventReader;
  /** Rows up to here were handed to the reader. */
  seq: number;
  /** Whether it gets what the live read brings. */
  live: boolean;
  /** Fires when the reader left. */
  readonly gone: AbortController;
}

/** How long a reader may take over one chunk of a replay. */
const CHUNK_DEADLINE_MS = 30_000;

/**
 * Hands old rows to the reader, chunk by chunk as it takes them, until there are none left or it is gone.
 * @returns the task's last frame when it has ended, else null.
 * @throws when the reader takes too long over a chunk.
 */
export async function replay(seat: Seat, size: ReadSize, read: (afterSeq: number, limit: number) => Promise<EventChunk>): Promise<string | null> {
  while (!seat.gone.signal.aborted) {
    const chunk = await read(seat.seq, size.rows);
    size.learn(chunk);
    if (seat.gone.signal.aborted) return null;
    if (chunk.frames.length > 0) {
      seat.reader.write(chunk.frames.map(({ frame }) => frame).join(''));
      seat.seq = chunk.frames.at(-1)?.seq ?? seat.seq;
    }
    if (!chunk.more) return chunk.end;
    // Old rows are not lost by waiting, so a slow reader is waited for here and not cut.
    await seat.reader.drained(AbortSignal.any([seat.gone.signal, AbortSignal.timeout(CHUNK_DEADLINE_MS)]));
  }
  return null;
}
