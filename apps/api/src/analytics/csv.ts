import type { Readable } from 'node:stream';
import { stringify } from 'csv-stringify';

/** Lines as CSV (RFC 4180) under a line of names, never more of them in memory than are on their way. A text that a spreadsheet would take for a formula is escaped. */
export function csvOf(columns: readonly string[], lines: AsyncIterable<readonly string[]>): Readable {
  const csv = stringify({ header: true, columns: [...columns], record_delimiter: '\r\n', escape_formulas: true });
  void write(lines, csv);
  return csv;
}

async function write(lines: AsyncIterable<readonly string[]>, csv: ReturnType<typeof stringify>): Promise<void> {
  try {
    for await (const line of lines) {
      // A reader that went: the source must not wait for it for ever.
      if (csv.destroyed) return;
      if (!csv.write(line)) await room(csv);
    }
    csv.end();
  } catch (error) {
    csv.destroy(error as Error);
  }
}

function room(csv: ReturnType<typeof stringify>): Promise<void> {
  return new Promise((resolve) => {
    const go = (): void => {
      csv.off('drain', go).off('close', go);
      resolve();
    };
    csv.on('drain', go).on('close', go);
  });
}
