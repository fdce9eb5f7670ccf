import type { ReviewFinding } from './finding';
import type { ReviewDiff } from './review-diff';

/** Where a review keeps its remarks: a ledger that outlives the run. */
export interface FindingLedger {
  /** Keeps a remark at once; one with the same fingerprint is written over. Returns whether it is a new one. */
  record(finding: ReviewFinding): Promise<{ readonly isNew: boolean }>;
  /** Remarks of this review so far. */
  count(): Promise<number>;
}

/** What a review is about and where it goes. */
export interface ReviewDesk {
  readonly diff: ReviewDiff;
  readonly ledger: FindingLedger;
}
