import type { CiFacts, RatedFinding, ReviewToPost, Selection } from '@app/agent';
import type { GithubRepoAccess } from '@app/github';
import type { Briefing } from '../attempts/briefing';
import type { CrashPoint } from '../attempts/crash-points';
import type { OpenedReview } from '../attempts/opened-review';
import type { ReviewSubject } from './reviewed-pull';

/** A review of a pull request on its way out. */
export interface PostRequest {
  readonly briefing: Briefing;
  readonly review: OpenedReview;
  readonly subject: ReviewSubject;
  /** All but what is learnt at the forge. */
  readonly draft: Omit<ReviewToPost, 'ci' | 'selection'>;
  readonly selection: Selection;
  /** Exact secrets that were loaded for this task: none of them may leave. */
  readonly secrets: readonly string[];
  readonly signal: AbortSignal;
  readonly crash: (point: CrashPoint) => void;
}

/** The same with what was learnt at the forge, and the way there. */
export interface PostStep extends PostRequest {
  readonly access: GithubRepoAccess;
  readonly ci: CiFacts;
}

/** A review as it is posted: `selection` is what became of the remarks. */
export function toPost({ draft, selection, ci }: Pick<PostStep, 'draft' | 'selection' | 'ci'>): ReviewToPost {
  return { ...draft, selection, ci };
}

/** Comments that this review made are its new ones, also when it is handed over a second time. */
export function withPosted(selection: Selection, ids: ReadonlySet<string>): Selection {
  const posted = selection.standing.filter(({ id }) => ids.has(id));
  const inline: RatedFinding[] = [...selection.inline.filter(({ id }) => ids.has(id)), ...posted];
  const lost = selection.inline.filter(({ id }) => !ids.has(id)).map((finding) => ({ finding, why: 'off_diff' as const }));
  return { ...selection, inline, standing: selection.standing.filter(({ id }) => !ids.has(id)), summary: [...selection.summary, ...lost] };
}
