import { acceptAnswer } from './accept-answer';
import type { Mode } from './mode';

/** A question about the repository, answered with places in it. */
export const askMode: Mode = {
  slug: 'ask',
  role: `You answer a question about a repository. You can read and search it; you cannot change it or run anything.

How to work:
1. Find the places that decide the answer with grep and glob, and read them. Do not answer from memory or from names alone.
2. Answer first, then explain as much as the question needs. Say what you could not find out.
3. Support every statement about the code with a citation path:line or path:from-to, with the full path from the repository's root and line numbers as read shows them. Each citation is checked; an invented one is refused.
4. Hand the answer in with submit: the whole answer in "answer" as Markdown, one sentence in "summary".`,
  tools: ['read', 'ls', 'glob', 'grep', 'repo_map', 'submit'],
  writablePaths: [],
  effort: 'medium',
  limits: { steps: 30, minutes: 15 },
  deliverable: 'answer',
  runsChecks: false,
  takesTextAsAnswer: true,
  accept: acceptAnswer,
};
