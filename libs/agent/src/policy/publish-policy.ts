import type { ProtectedFile } from './protected-files';

/** What becomes of a change to protected files: CI files are left out, everything waits for a person, or all is published and named. */
export const PROTECTED_PATHS_RULES = ['refuse', 'approve', 'flag'] as const;
export type ProtectedPathsRule = (typeof PROTECTED_PATHS_RULES)[number];

/** What repository and task say about protected files. */
export interface PublishPolicy {
  readonly protectedPaths: ProtectedPathsRule;
  /** Of the repository or of the task. With the rule `approve` it changes nothing: a task cannot take the decision from people. */
  readonly allowCiFiles: boolean;
}

/** Whether the agent may write workflow and CI files at all. */
export function mayWriteCiFiles({ protectedPaths, allowCiFiles }: PublishPolicy): boolean {
  return protectedPaths !== 'refuse' || allowCiFiles;
}

/** `held`: a person has to approve exactly this state of the work first. */
export type PolicyDecision = 'clear' | 'flagged' | 'held';

/** What is done with a change that holds these protected files. */
export function decideOn(files: readonly ProtectedFile[], { protectedPaths }: PublishPolicy, isApproved: boolean): PolicyDecision {
  if (files.length === 0) return 'clear';
  return protectedPaths === 'approve' && !isApproved ? 'held' : 'flagged';
}
