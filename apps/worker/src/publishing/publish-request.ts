import type { LeftOutFile, ProtectedFile, Submission, Verification } from '@app/agent';
import type { AttemptLease, GithubInstallation, GitRepo, TaskView } from '@app/domain';
import type { CrashPoint } from '../attempts/crash-points';
import type { GitWorkspace } from '../workspace/git-workspace';

/** What a publication needs of a workspace. */
export type PublishWorkspace = Pick<GitWorkspace, 'baseSha' | 'list' | 'diff' | 'commitForPublish' | 'diffOf' | 'textAt' | 'push' | 'lsRemote'>;

/** Work that was handed in, on its way out. */
export interface PublishRequest {
  readonly lease: AttemptLease;
  readonly task: TaskView;
  readonly repo: GitRepo;
  /** Null: a repository without a forge, or one that the App lost. */
  readonly installation: GithubInstallation | null;
  readonly workspace: PublishWorkspace;
  readonly submission: Submission;
  readonly verification: Verification;
  /** Model that did the work, as it is shown. */
  readonly model: string;
  /** Name of the recorded stand-in that took the model's place; null: a real model. */
  readonly standIn: string | null;
  /** Exact secrets that were loaded for this task: none of them may leave. */
  readonly secrets: readonly string[];
  readonly signal: AbortSignal;
  /** Called at the named steps. */
  readonly crash: (point: CrashPoint) => void;
}

export interface PublishedPullRequest {
  readonly number: number;
  readonly url: string;
  readonly status: string;
}

export type PublishOutcome =
  | { readonly kind: 'published'; readonly headSha: string; readonly branch: string; readonly pullRequest: PublishedPullRequest | null; readonly leftOut: readonly LeftOutFile[] }
  /** A candidate's work: it waits for the choice. */
  | { readonly kind: 'kept' }
  /** Protected files changed, and the repository wants a person to approve that: nothing was pushed. */
  | { readonly kind: 'held'; readonly files: readonly ProtectedFile[] }
  /** Nothing is left to publish. */
  | { readonly kind: 'no_changes' }
  /** The patch is kept; `code` becomes the task's reason. */
  | { readonly kind: 'failed'; readonly code: 'push_failed' | 'integration_not_connected' | 'github_permission_missing' | 'repository_read_only'; readonly message: string };

/** Options of a task that a publication reads. */
export interface PublishOptions {
  readonly createPullRequest?: boolean;
  readonly draftPullRequest?: boolean;
  readonly pullRequestTitle?: string;
  readonly pullRequestBody?: string;
  readonly allowCiFiles?: boolean;
  readonly skipCi?: boolean;
  /** The commit that a person approved, protected files and all. Set by the platform alone. */
  readonly approvedHeadSha?: string;
}
