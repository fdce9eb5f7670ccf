import type { ReviewDesk, ShownDiff } from '@app/agent';

/** A review as it begins: with what its model is shown of the change. */
export interface OpenedReview extends ReviewDesk {
  readonly shown: ShownDiff;
}
