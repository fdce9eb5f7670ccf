import type { ReviewDesk, ReviewRules, ShownDiff } from '@app/agent';
import type { ConfirmedFinding, ReviewFindingRow } from '@app/domain';
import type { ReviewSubject } from '../reviewing/reviewed-pull';

/** A review as it begins: with what its model is shown of the change. */
export interface OpenedReview extends ReviewDesk {
  readonly shown: ShownDiff;
  readonly rules: ReviewRules;
  /** The repository on our side that holds the head and its base. */
  readonly gitDir: string;
  /** Null: two branches, and nothing is posted anywhere. */
  readonly subject: ReviewSubject | null;
  readonly followed: FollowedFindings;
}

/** What became of the remarks of earlier reviews at this head. */
export interface FollowedFindings {
  /** Their code is still there. */
  readonly standing: readonly { readonly row: ReviewFindingRow; readonly now: ConfirmedFinding }[];
  /** Their code is gone. */
  readonly gone: readonly ReviewFindingRow[];
}

/** Why a pull request is not looked at; the task is done then. */
export interface SkippedReview {
  readonly skipped: 'draft' | 'already_reviewed';
  readonly words: string;
}
