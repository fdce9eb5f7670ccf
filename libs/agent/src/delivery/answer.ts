import type { Submission } from '../journal';
import { citationsIn, type Citation } from './citations';
import { safeMarkdown } from './safe-markdown';

export interface Answer {
  /** Markdown with the commit that its line numbers belong to. */
  readonly markdown: string;
  readonly citations: readonly Citation[];
}

/** The answer to a question as it is kept and shown. */
export function composeAnswer(submission: Submission, at: { readonly repository: string; readonly sha: string }): Answer {
  const text = submission.answer ?? submission.summary;
  return { markdown: `${safeMarkdown(text).trim()}\n\n---\nLines are those of ${at.repository} at ${at.sha}.\n`, citations: citationsIn(text) };
}
