import type { CiFacts } from '@app/agent';
import type { PastReview } from '@app/domain';
import type { PullRequestFacts } from '@app/github';

/** The pull request that is reviewed, as it is now. */
export interface ReviewSubject {
  readonly pullRequestId: string;
  readonly pull: PullRequestFacts;
  readonly ci: CiFacts;
  /** The newest review by another task. */
  readonly last: PastReview | null;
}
