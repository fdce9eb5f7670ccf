import type { Logger } from '@app/common';

/** `recovery` brings back work that stands still and waits for the database alone; `housekeeping` may take its time, with other servers too. */
export type Lane = 'recovery' | 'housekeeping';

/** A recurring job. It reads what is due from PostgreSQL, so a round that is missed costs nothing but time. */
export abstract class Sweeper {
  abstract readonly name: string;

  /** Sweepers of one lane run one after another; a slow one keeps no other lane waiting. */
  readonly lane: Lane = 'housekeeping';

  /** How often it runs, at the earliest. */
  abstract readonly everyMs: number;

  /** One round; returns how many rows it handled. */
  abstract run(): Promise<number>;
}

/** Handles each row by itself: one that fails is logged and left to the next round, and the others go on. Returns how many were handled. */
export async function sweepEach<Row>(rows: readonly Row[], logger: Logger, handle: (row: Row) => Promise<boolean>): Promise<number> {
  let handled = 0;
  for (const row of rows) {
    try {
      if (await handle(row)) handled++;
    } catch (error) {
      logger.error('A row could not be swept; it stays for the next round', { row, err: error });
    }
  }
  return handled;
}
