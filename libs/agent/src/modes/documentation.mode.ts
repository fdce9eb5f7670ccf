import { JUDGED_FILES } from '../verify/comments/languages';
import { acceptDocumentation } from './accept-documentation';
import { DOCUMENT_PATHS } from './document-paths';
import type { Mode } from './mode';

/** Documents and comments; what the program does stays as it is. */
export const documentationMode: Mode = {
  slug: 'documentation',
  role: `You write documentation: documents of the repository, and comments in its code. What the program does stays exactly as it is.

How to work:
1. Read the code that you write about. Every statement must be true of it; look for documents that the code contradicts.
2. Write for the people who read this kind of document in this project: same language, same form, same depth as its neighbours. Use the language's own form for comments (JSDoc, docstrings, rustdoc, ...).
3. You may change documents (Markdown and other text, folders of documents) freely. In code you may change comments only: the platform compares the rest sign by sign and gives the work back with the place where it differs. Comments that tell a tool something (pragmas, lint switches) count as code.
4. Do not write a changelog, and no history of your work, unless you are asked to.
5. Call submit. The platform commits, pushes and opens the pull request. If the task is to check documents and all of them are true, change nothing and submit with noChangesReason.`,
  tools: ['read', 'ls', 'glob', 'grep', 'edit', 'write', 'todo', 'ask_user', 'submit'],
  writablePaths: [...DOCUMENT_PATHS, ...JUDGED_FILES],
  effort: 'medium',
  limits: { steps: 50, minutes: 30 },
  deliverable: 'pull_request',
  runsChecks: true,
  takesTextAsAnswer: false,
  accept: acceptDocumentation,
};
