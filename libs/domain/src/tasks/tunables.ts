// Times and limits of a task's life. Seconds are counted by the database's clock.

/** A dead worker's task waits this long. Shorter, and a pause of the process or of PostgreSQL would cost a task its worker. */
export const LEASE_SECONDS = 15;

/** Three renewals fit into a lease, so that one lost answer costs nothing. */
export const RENEW_EVERY_MS = 5_000;

/** How often the sweepers look; with lease and queue it keeps a recovery under 30 s. */
export const SWEEP_EVERY_MS = 5_000;

/** How often what stands still is looked for. With the lease it bounds how long a task waits after its worker died. */
export const RECOVERY_EVERY_MS = 2_000;

/** A waiting row that got no further for so long has lost its job: it is added to the queue again. */
export const STUCK_AFTER_SECONDS = 5;

/** An organization at its plan's limit looks again so much later; a task that ends wakes the next one sooner. */
export const CONCURRENCY_RETRY_SECONDS = 5;

/** Workers lost in a row before the task is blamed for it. A user's retry, message or resume starts counting anew. */
export const MAX_FAILURES = 3;

/** Wall clock of the work, counted from the first claim, not from the wait in the queue. */
export const DEFAULT_TIMEOUT_SECONDS = 1_800;

/** A worker notices its deadline by itself; the sweeper ends the attempt only if it has not done so by then. */
export const DEADLINE_GRACE_SECONDS = 60;

/** Waits before another worker tries when what an attempt needs was away; used up, the task fails. */
export const UNAVAILABLE_WAITS_SECONDS = [30, 120, 300] as const;

/** Rows per statement of the log: few enough to stay below a millisecond, enough to keep up with a noisy command. */
export const LOG_BATCH_ROWS = 100;

/** Bytes of one log line that the table takes. */
export const LOG_LINE_BYTES = 65_536;

/** Results up to here stay in their row. */
export const INLINE_RESULT_BYTES = 1_048_576;

/** Largest blob: bundles, patches, outputs. */
export const BLOB_BYTES = 33_554_432;

/** An object that no blob names after so long belongs to nobody: its upload and transaction are over, or their process is. */
export const UNNAMED_OBJECT_MINUTES = 60;

/** Rows a sweeper takes at once; more are left to its next round, so that none runs long. */
export const SWEEP_BATCH = 100;
