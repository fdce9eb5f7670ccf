/** What kind of work a task is; decides prompt, tools, deliverable and how it is verified. */
export const TASK_MODES = ['code', 'debug', 'ask', 'documentation', 'architect', 'pr_review'] as const;
export type TaskMode = (typeof TASK_MODES)[number];

/** Modes that end with a branch and a pull request. */
export const PUBLISHING_MODES: readonly TaskMode[] = ['code', 'debug', 'documentation'];
