import type { Secret } from '@app/common';
import type { GitCredentials } from './git-credentials';

/** Where a repository is cloned from and pushed to. */
export interface RepositoryRef {
  readonly id: string;
  readonly organizationId: string;
  /** https://… or ssh://user@…, without a password; loopback http and file only when local repositories are allowed. */
  readonly cloneUrl: string;
  /** For this one repository; null: read without. */
  readonly credentials: GitCredentials | null;
}

/** What a repository's set-up command finds. */
export interface SetUpEnvironment {
  /** Environment variables that the agent's commands do not get. */
  readonly secrets: ReadonlyMap<string, Secret>;
  /** Hosts beside the deployment's own. */
  readonly allowedHosts: readonly string[];
  /** The branch whose dependency cache other branches may begin with. */
  readonly defaultBranch: string;
  /** The agent's commands reach the same hosts. */
  readonly agentNetwork: boolean;
}

/** What a workspace is made of. */
export interface WorkspaceRequest {
  readonly taskId: string;
  readonly attemptId: string;
  readonly repository: RepositoryRef;
  /** Branch, tag or full sha to start from. */
  readonly ref: string;
  /** The sha that an earlier attempt began at; wins over `ref`. */
  readonly baseSha?: string | null;
  /** The last checkpoint of an earlier attempt, as `checkpointBundle` gave it. */
  readonly restore?: { readonly bundle: Buffer } | null;
  /** Commits that the task pushed. A checkpoint of another base than this one is set on top of it, as what came after the newest of them there. */
  readonly ownShas?: ReadonlySet<string>;
  /** Runs once in the sandbox before the agent, and in the base tree before its first command; always on the base, never on what an agent wrote. */
  readonly setupCommand?: string | null;
  /** What the set-up command gets; absent: no secrets, and the deployment's hosts. */
  readonly environment?: SetUpEnvironment;
  /** The agent may not change the repository's files. */
  readonly readOnly?: boolean;
}

/** Who a commit is by, and when: the same in every repetition, so that the sha is the same. */
export interface CommitIdentity {
  readonly name: string;
  readonly email: string;
}

export interface PublishCommitRequest {
  readonly message: string;
  readonly author: CommitIdentity;
  readonly date: Date;
  /** Only these paths (files or folders) are committed; default: all that changed. */
  readonly keepPaths?: readonly string[];
  /** These paths keep their content of the base. */
  readonly dropPaths?: readonly string[];
}

export interface PublishCommit {
  readonly sha: string;
  readonly tree: string;
  /** Changed paths that were left out. */
  readonly leftOut: readonly string[];
  /** Whether the commit changes anything. */
  readonly empty: boolean;
}

export interface PushRequest {
  /** Default: the repository's clone URL. */
  readonly remoteUrl?: string;
  /** Default: the repository's credentials. */
  readonly credentials?: GitCredentials | null;
  readonly sha: string;
  /** Must be async-coder/<name>. */
  readonly branch: string;
  /** What the branch must point at before the push; null: it must not exist. */
  readonly expectedRemoteSha: string | null;
}
