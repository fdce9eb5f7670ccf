import type { BareRepository } from './git/bare-repository';

export interface Account {
  readonly id: number;
  readonly login: string;
  readonly type: 'User' | 'Bot' | 'Organization';
}

export interface Comment {
  readonly id: bigint;
  readonly number: number;
  readonly user: Account;
  readonly at: string;
  updatedAt: string;
  body: string;
}

export interface PullRequest {
  readonly id: bigint;
  readonly number: number;
  readonly user: Account;
  readonly headRef: string;
  readonly createdAt: string;
  baseRef: string;
  /** Of the head branch while it exists, later the last one. */
  headSha: string;
  baseSha: string;
  title: string;
  body: string | null;
  state: 'open' | 'closed';
  draft: boolean;
  maintainerCanModify: boolean;
  updatedAt: string;
  closedAt: string | null;
  mergedAt: string | null;
  mergeSha: string | null;
  mergedBy: Account | null;
  /** Base and head that it was last asked of whether they can be merged: the first question is answered with null, as there. */
  mergeableOf: string | null;
}

export interface Repository {
  readonly id: number;
  readonly owner: Account;
  readonly name: string;
  readonly private: boolean;
  readonly createdAt: string;
  readonly git: BareRepository;
  /** Path below the folder of all repositories, in lower case. */
  readonly folder: string;
  readonly pulls: PullRequest[];
  readonly comments: Comment[];
  /** Where ids of its pull requests and comments begin. */
  nextId: bigint;
  nextNumber: number;
  pushedAt: string;
  /** Branches that a rule protects. */
  readonly protectedBranches: Set<string>;
  /** Branches as of the last push that was told to the webhook. */
  branches: ReadonlyMap<string, string>;
}

export function fullName({ owner, name }: Repository): string {
  return `${owner.login}/${name}`;
}
