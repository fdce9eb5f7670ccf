import type { EventChunk } from './event-reader';

/** What one read should bring: a reader that takes nothing holds that much of our memory, and V8 lets longer strings lie until it is short of space. */
export const CHUNK_BYTES = 32_768;
const MOST_ROWS = 200;
/** Until it is known how long rows are. */
const FIRST_ROWS = 8;

/** How many rows the next read asks for, by the length of those of the last: a row may be a word or a file. */
export class ReadSize {
  rows = FIRST_ROWS;

  learn({ frames }: EventChunk): void {
    if (frames.length === 0) return;
    const length = frames.reduce((sum, { frame }) => sum + frame.length, 0) / frames.length;
    this.rows = Math.min(MOST_ROWS, Math.max(1, Math.floor(CHUNK_BYTES / length)));
  }
}
