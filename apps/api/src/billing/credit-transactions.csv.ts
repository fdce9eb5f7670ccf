import type { Readable } from 'node:stream';
import { creditsFromMicros } from '@app/common';
import type { TransactionRow } from '@app/billing';
import { stringify } from 'csv-stringify';

const COLUMNS = ['seq', 'created_at', 'type', 'amount', 'available_after', 'held_after', 'debt_after', 'task_id', 'description', 'id'] as const;

/** Transactions as CSV (RFC 4180), with a line of names. A text that a spreadsheet would take for a formula is escaped. */
export function transactionsCsv(rows: AsyncIterable<TransactionRow>): Readable {
  const csv = stringify({ header: true, columns: [...COLUMNS], record_delimiter: '\r\n', escape_formulas: true });
  void write(rows, csv);
  return csv;
}

async function write(rows: AsyncIterable<TransactionRow>, csv: ReturnType<typeof stringify>): Promise<void> {
  try {
    for await (const row of rows) if (!csv.write(cells(row))) await new Promise((resolve) => csv.once('drain', resolve));
    csv.end();
  } catch (error) {
    csv.destroy(error as Error);
  }
}

function cells(row: TransactionRow): string[] {
  const amounts = [row.amountMicro, row.availableAfterMicro, row.heldAfterMicro, row.debtAfterMicro].map((micro) => decimal(creditsFromMicros(micro)));
  return [row.seq.toString(), row.createdAt.toISOString(), row.type, ...amounts, row.taskId ?? '', row.description ?? '', row.id];
}

/** Never 1e-7 and the like. */
function decimal(credits: number): string {
  return credits.toFixed(6).replace(/\.?0+$/, '');
}
