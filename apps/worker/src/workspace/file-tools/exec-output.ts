import type { RunReply } from './protocol';
import { isRecord } from './file-tool-session';

const MARKER_ROOM = 64;

/** Bytes the program in the sandbox may keep so that what we make of it, with a note about the gap, fits into `limit`. */
export function keptBytes(limit: number): number {
  return limit > 8 * MARKER_ROOM ? limit - MARKER_ROOM : limit;
}

/** The output as one text of at most `limit` bytes: its beginning, a note about what was left out, its end. */
export function joinOutput(head: readonly Buffer[], tail: Buffer, totalBytes: number, limit: number): string {
  const start = Buffer.concat(head);
  const gap = totalBytes - start.length - tail.length;
  const note = gap > 0 && limit > 8 * MARKER_ROOM ? Buffer.from(`\n[... ${gap} bytes left out ...]\n`) : Buffer.alloc(0);
  return Buffer.concat([start, note, tail]).subarray(0, limit).toString('utf8');
}

/** What a run came to, or null when the sandbox answered nonsense. */
export function parseRunReply(value: unknown): RunReply | null {
  if (!isRecord(value)) return null;
  const { exitCode, outputBytes, tail, killed, durationMs } = value;
  if (exitCode !== null && !isCount(exitCode)) return null;
  if (!isCount(outputBytes) || !isCount(durationMs) || typeof tail !== 'string') return null;
  if (killed !== null && killed !== 'timeout' && killed !== 'output') return null;
  return { exitCode: exitCode, outputBytes, tail, killed, durationMs };
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}
