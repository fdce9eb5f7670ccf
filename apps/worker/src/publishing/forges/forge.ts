import type { GithubInstallation, GitRepo } from '@app/domain';
import type { GitCredentials } from '../../workspace/git-credentials';

/** What is published where. */
export interface ForgeRequest {
  readonly repo: GitRepo;
  /** Of a repository of GitHub; null: the App lost it. */
  readonly installation: GithubInstallation | null;
  /** The change holds workflow files, for which some forges want a right of their own. */
  readonly withWorkflows: boolean;
  readonly signal: AbortSignal;
}

/** A pull request (GitLab: merge request) as its forge describes it; ids as text. */
export interface ForgePull {
  readonly id: string;
  readonly nodeId: string;
  readonly number: number;
  readonly title: string;
  readonly body: string | null;
  readonly url: string;
  readonly status: 'open' | 'draft' | 'merged' | 'closed';
  readonly headRef: string;
  readonly headSha: string;
  readonly baseRef: string;
  readonly baseSha: string;
  readonly authorLogin: string | null;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  readonly mergedAt: Date | null;
  readonly closedAt: Date | null;
}

export interface NewForgePull {
  readonly title: string;
  readonly body: string;
  /** Branch of the same repository. */
  readonly head: string;
  readonly base: string;
  readonly draft: boolean;
}

/** Pull requests of one repository. */
export interface ForgePulls {
  /** The open one between two branches of this repository; a fork's is never found. */
  findOpen(between: Pick<NewForgePull, 'head' | 'base'>): Promise<ForgePull | null>;
  /** @throws {AppError} pull_request_empty when there is nothing between the branches */
  create(wanted: NewForgePull): Promise<ForgePull>;
  update(number: number, changes: { readonly body: string }): Promise<ForgePull>;
}

export interface ForgeCheck {
  readonly name: string;
  readonly headSha: string;
  /** Ours, to find it again. */
  readonly externalId: string;
  /** Null: at work. */
  readonly conclusion: 'success' | 'failure' | 'neutral' | null;
  readonly output: { readonly title: string; readonly summary: string };
}

/** Checks that are shown beside a commit. */
export interface ForgeChecks {
  /** Makes the check of this name and id at the commit, or changes the one that is there. */
  put(check: ForgeCheck): Promise<{ readonly url: string | null }>;
}

/**
 * Access to one repository for one publication. A forge that has no pull requests or checks says null: the work then ends with a pushed
 * branch and a stored patch. All errors are AppErrors.
 */
export interface OpenForge {
  /** What git pushes with, as it is now: `renew` changes it. */
  readonly credentials: GitCredentials | null;
  /** The branch that is never pushed to, as the forge says today. */
  readonly defaultBranch: string;
  /** Why nothing can be written there, for people; null: it can. */
  readonly readOnly: string | null;
  readonly pulls: ForgePulls | null;
  readonly checks: ForgeChecks | null;
  /** Why a forge that knows checks takes none from us, for people; null: it does, or knows none. */
  readonly noChecks: string | null;
  /** Whether the forge protects a branch that is there. */
  isProtected(branch: string): Promise<boolean>;
  /** Gets access anew after a refusal, once; false: there is no other to get. */
  renew(): Promise<boolean>;
  /** Ends the access. Never throws. */
  close(): Promise<void>;
}

/** The port to a git host. Another one (GitLab, Gitea …) is one more class of this kind in `FORGES`. */
export abstract class Forge {
  /** As `repositories.provider` says it. */
  abstract readonly provider: GitRepo['provider'];

  /** @throws {PublishFailure} for the task's owner; {AppError} when the forge asks to wait */
  abstract open(request: ForgeRequest): Promise<OpenForge>;
}
