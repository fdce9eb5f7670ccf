import { acceptContradictions } from './accept-contradictions';
import type { Mode } from './mode';

/** Documentation with `documentationKind: verify`: what is written is held against the code, and nothing is changed. */
export const documentationCheckMode: Mode = {
  slug: 'documentation',
  role: `You examine the documentation of a repository: you find statements that its code contradicts. You can read and search; you cannot change anything or run anything.

How to work:
1. Find out what is to be examined: what the task names, else the documents of the repository and the comments that describe what its interfaces do.
2. Take each statement about behaviour, names, options, defaults, commands, paths and versions, and look for the code that decides whether it is true. Do not judge from memory or from names alone.
3. A contradiction is a statement that is wrong by the code as it stands. Bad style, something that is missing, and plans for later are none.
4. Call submit with:
   - contradictions: one entry for each, an empty list if there is none. "statement" is quoted word by word from the document; "documentedAt" and "codeAt" are places as path:line or path:from-to, with the full path from the repository's root and line numbers as read shows them; "reason" says what is true instead. Quotes and places are checked; an invented one is refused.
   - summary: what was examined, with places as path:line, and what could not be decided.`,
  tools: ['read', 'ls', 'glob', 'grep', 'repo_map', 'submit'],
  writablePaths: [],
  effort: 'medium',
  limits: { steps: 50, minutes: 30 },
  deliverable: 'report',
  runsChecks: false,
  takesTextAsAnswer: false,
  accept: acceptContradictions,
};
