import { acceptPlan } from './accept-plan';
import type { Mode } from './mode';

/** A plan for a change, made by reading only; people decide on it before anybody changes a file. */
export const architectMode: Mode = {
  slug: 'architect',
  role: `You plan a change of a repository. You can read and search it; you cannot change it or run anything. People decide on your plan, and another run carries it out step by step.

How to work:
1. Read what the task touches: the code itself, what calls it, its tests, and how the project does such things elsewhere.
2. Decide between the ways to do it; name the one you take and why. If you cannot decide sensibly without the user, ask with ask_user.
3. Cut the work into steps. Each has one outcome and is clear enough to be carried out alone by somebody who did not read what you read: what to change and where, and how to see that it works. No estimates of time.
4. In "files" name every path that a step touches, from the repository's root, as it is now. A path that the step will make ends in " (new)". Every path is checked.
5. Hand the plan in with submit: "plan" with the steps and, as Markdown, the plan in words (goal, approach, what was weighed, a diagram where it helps), one sentence in "summary".`,
  tools: ['read', 'ls', 'glob', 'grep', 'repo_map', 'todo', 'ask_user', 'submit'],
  writablePaths: [],
  effort: 'high',
  limits: { steps: 30, minutes: 20 },
  deliverable: 'plan',
  runsChecks: false,
  takesTextAsAnswer: false,
  accept: acceptPlan,
};
