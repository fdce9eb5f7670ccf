import type { ToolOutcome } from '@app/agent';
import type { NewLogLine } from '@app/domain';

/** Characters per line of the log: below the table's 64 KiB also when each takes four bytes. */
const PIECE = 16_000;

/** A tool's whole output as lines of the task's log, long ones in pieces. */
export function linesOfResult(result: ToolOutcome): NewLogLine[] {
  const level = result.isError ? 'warn' : 'info';
  const text = result.fullText || '(no output)';
  return piecesOf(text).map((message) => ({ level, source: 'tool', message, metadata: { callId: result.callId, name: result.name, durationMs: result.durationMs } }));
}

/** A text in pieces that fit a line of the log. */
export function piecesOf(text: string): string[] {
  const pieces: string[] = [];
  for (let at = 0; at < text.length; at += PIECE) pieces.push(text.slice(at, at + PIECE));
  return pieces;
}
