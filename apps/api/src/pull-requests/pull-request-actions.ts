import { Logger } from '@app/common';
import { recordAudit, type Tx, UnitOfWork } from '@app/domain';
import { GithubPullRequestActions, type GithubRepoAccess, type MergeMethod, type PullRequestFacts, type TokenPermissions } from '@app/github';
import { Injectable } from '@nestjs/common';
import type { Principal } from '../auth/principal';
import type { IdempotentCall } from '../http/idempotency/idempotent-call';
import { MergedPullRequestResponse, PullRequestDetailsResponse } from './dto/pull-request.response';
import { GithubDoors } from './github-doors';
import { intendAtGithub } from './intended-at-github';
import { PullRequestAccess, type ReachedPullRequest } from './pull-request-access';
import { PullRequestMirror } from './pull-request-mirror';
import { PullRequestReader } from './pull-request-reader';

export type SimpleAction = 'closed' | 'reopened' | 'ready';

export interface WantedMerge {
  readonly method: MergeMethod;
  readonly sha: string;
  readonly deleteBranch: boolean;
}

/** A call that changes a pull request. */
export interface ActionCall {
  readonly principal: Principal;
  readonly id: string;
  readonly call: IdempotentCall | null;
}

const PULLS: TokenPermissions = { pull_requests: 'write' };
const MERGES: TokenPermissions = { contents: 'write', pull_requests: 'write' };

/** Where what was done is written down. */
@Injectable()
export class ActionRecords {
  constructor(
    readonly unitOfWork: UnitOfWork,
    readonly logger: Logger,
  ) {}
}

/** How pull requests go on and end. What GitHub answers is written into our rows at once, with who asked for it. */
@Injectable()
export class PullRequestActions {
  private readonly logger: Logger;

  constructor(
    private readonly access: PullRequestAccess,
    private readonly doors: GithubDoors,
    private readonly github: GithubPullRequestActions,
    private readonly mirror: PullRequestMirror,
    private readonly reader: PullRequestReader,
    private readonly records: ActionRecords,
  ) {
    this.logger = records.logger.named('pull-requests');
  }

  /** @throws {AppError} pull_request_not_mergeable, version_conflict, not_found, repository_write_denied, and GitHub's own */
  async merge({ principal, id, call }: ActionCall, { method, sha, deleteBranch }: WantedMerge): Promise<MergedPullRequestResponse> {
    const reached = await this.access.require(principal, id, 'write');
    await this.intend(reached, 'merged', { method, sha, deleteBranch });
    const { facts, branchDeleted } = await this.doors.write(reached.repo, MERGES, async (access) => {
      const merged = await this.github.merge(access, reached.pull.prNumber, { method, sha });
      return { facts: merged, branchDeleted: deleteBranch ? await this.deleteBranch(access, reached, merged) : null };
    });
    return this.keep(reached, { facts, action: 'merged', changes: { method, sha, branchDeleted } }, call, (whole) => ({ ...whole, branchDeleted }));
  }

  /** @throws {AppError} github_validation_failed when it cannot be opened again, not_found, repository_write_denied, and GitHub's own */
  async simple({ principal, id, call }: ActionCall, action: SimpleAction): Promise<PullRequestDetailsResponse> {
    const reached = await this.access.require(principal, id, 'write');
    await this.intend(reached, action, {});
    const facts = await this.doors.write(reached.repo, PULLS, (access) => this.act(access, reached.pull.prNumber, action));
    return this.keep(reached, { facts, action, changes: {} }, call, (whole) => whole);
  }

  /** Before it: whoever dies in the midst of it leaves what they were about to do. */
  private intend({ pull, repo }: ReachedPullRequest, action: DoneAction['action'], changes: DoneAction['changes']): Promise<void> {
    return this.records.unitOfWork.run((tx) => intendAtGithub(tx, { organizationId: repo.organizationId, id: pull.id, number: pull.prNumber }, { action, ...changes }));
  }

  private act(access: GithubRepoAccess, number: number, action: SimpleAction): Promise<PullRequestFacts> {
    if (action === 'closed') return this.github.close(access, number);
    return action === 'reopened' ? this.github.reopen(access, number) : this.github.ready(access, number);
  }

  /** It is merged, whatever becomes of its branch. */
  private async deleteBranch(access: GithubRepoAccess, { repo }: ReachedPullRequest, { headRef, headRepository, baseRef }: PullRequestFacts): Promise<boolean | null> {
    if (headRepository !== access.fullName || headRef === repo.defaultBranch || headRef === baseRef) return null;
    try {
      await this.github.deleteBranch(access, headRef);
      return true;
    } catch (error) {
      this.logger.warn('a merged branch was not deleted', { repositoryId: repo.id, error });
      return false;
    }
  }

  private async keep<Shape extends PullRequestDetailsResponse>(
    { pull, repo }: ReachedPullRequest, done: DoneAction, call: IdempotentCall | null, shape: (whole: PullRequestDetailsResponse) => Shape,
  ): Promise<Shape> {
    return this.records.unitOfWork.run(async (tx) => {
      await this.mirror.keep(tx, pull, done.facts);
      await record(tx, { organizationId: repo.organizationId, id: pull.id, number: pull.prNumber }, done);
      const answer = shape(PullRequestDetailsResponse.fromWhole(await this.reader.within(tx, repo.organizationId, pull)));
      await call?.complete(tx, { status: 200, body: answer });
      return answer;
    });
  }
}

interface DoneAction {
  readonly facts: PullRequestFacts;
  readonly action: SimpleAction | 'merged';
  readonly changes: Readonly<Record<string, unknown>>;
}

async function record(tx: Tx, { organizationId, id, number }: { organizationId: string; id: string; number: number }, { action, changes }: DoneAction): Promise<void> {
  await recordAudit(tx, { organizationId, action: `pull_request.${action}`, targetType: 'pull_request', targetId: id, changes: { number, ...changes } });
}
