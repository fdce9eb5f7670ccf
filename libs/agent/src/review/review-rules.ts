import { SEVERITIES, type Severity } from './finding';

export const REVIEW_LEVELS = ['light', 'standard', 'thorough'] as const;
export type ReviewLevel = (typeof REVIEW_LEVELS)[number];

/** How much a review shows. */
export interface ReviewRules {
  readonly level: ReviewLevel;
  /** Remarks below it are counted and listed, not made. */
  readonly minSeverity: Severity;
  /** Comments of one review. */
  readonly maxComments: number;
}

interface LevelRules {
  /** Points, of 10, that the second look has to give a remark. */
  readonly leastScore: number;
  /** Tokens of the diff that are shown. */
  readonly diffTokens: number;
  /** Calls of the model at most. */
  readonly steps: number;
  /** How a remark is taken that nobody looked at again. */
  readonly takesLowConfidence: boolean;
  readonly words: string;
}

const OF_LEVEL: Readonly<Record<ReviewLevel, LevelRules>> = {
  light: { leastScore: 7, diffTokens: 40_000, steps: 15, takesLowConfidence: false, words: 'A quick look: only what would break something or hurt somebody. Do not read far beyond the diff.' },
  standard: { leastScore: 5, diffTokens: 100_000, steps: 30, takesLowConfidence: false, words: '' },
  thorough: { leastScore: 3, diffTokens: 160_000, steps: 60, takesLowConfidence: true, words: 'A thorough look: read every changed file with its callers and its tests, and say also what is of less weight.' },
};

export function levelRules(level: ReviewLevel): LevelRules {
  return OF_LEVEL[level];
}

const MOST_COMMENTS = 50;

interface StoredRules {
  readonly reviewLevel?: unknown;
  readonly minSeverity?: unknown;
  readonly maxComments?: unknown;
}

/** The rules of a review: what the task says, else what its repository says. Both come from rows: what is no rule is left out. */
export function reviewRules(task: StoredRules, repository: StoredRules): ReviewRules {
  const level = REVIEW_LEVELS.find((known) => known === (task.reviewLevel ?? repository.reviewLevel)) ?? 'standard';
  const minSeverity = SEVERITIES.find((known) => known === (task.minSeverity ?? repository.minSeverity)) ?? 'medium';
  const wanted = task.maxComments ?? repository.maxComments;
  const maxComments = typeof wanted === 'number' && Number.isInteger(wanted) && wanted >= 0 ? Math.min(wanted, MOST_COMMENTS) : 6;
  return { level, minSeverity, maxComments };
}
