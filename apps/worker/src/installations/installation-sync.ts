import { AppError, Logger, redact, type Secret } from '@app/common';
import { type ClaimedSync, GithubInstallationStore, GithubInstallationSyncStore, SWEEP_BATCH, type SyncedRepository, UnitOfWork, type UnseenRepository } from '@app/domain';
import { GITHUB_RATE_LIMITED, type GithubRepoFacts, type InstallationFacts } from '@app/github';
import { Injectable } from '@nestjs/common';
import { InstallationReader } from './installation-reader';

const LONGEST_WAIT_SECONDS = 3_600;

/** Brings an installation's connected repositories to what GitHub says: page by page, so that another worker can go on where this one stopped. */
@Injectable()
export class InstallationSync {
  private readonly logger: Logger;

  constructor(
    private readonly github: InstallationReader,
    private readonly syncs: GithubInstallationSyncStore,
    private readonly installations: GithubInstallationStore,
    private readonly unitOfWork: UnitOfWork,
    logger: Logger,
  ) {
    this.logger = logger.named('installations');
  }

  /** One sync, if it is due and nobody has it. What goes wrong is written into the row, which says when it is tried again. */
  async run(id: string, signal: AbortSignal): Promise<void> {
    const claim = await this.unitOfWork.run((tx) => this.syncs.claim(tx, id));
    if (!claim) return;
    try {
      await this.sync(claim, signal);
    } catch (error) {
      if (signal.aborted) return;
      this.logger.warn('A sync of an installation failed', { installationId: claim.installationId, err: error });
      await this.unitOfWork.run((tx) => this.syncs.fail(tx, claim, wordsOf(error), waitOf(error)));
    }
  }

  private async sync(claim: ClaimedSync, signal: AbortSignal): Promise<void> {
    const facts = await this.github.installation(claim.installationId);
    if (!facts) return this.unitOfWork.run((tx) => this.syncs.bury(tx, claim));
    await this.unitOfWork.run((tx) => this.syncs.describe(tx, claim, knownOf(facts)));
    const isWhole = facts.isSuspended || (await this.github.withToken(claim.installationId, (token) => this.read(token, claim, signal)));
    if (isWhole) await this.unitOfWork.run((tx) => this.syncs.finish(tx, claim));
  }

  /** False: another worker has it meanwhile. */
  private async read(token: Secret, claim: ClaimedSync, signal: AbortSignal): Promise<boolean> {
    for (let page = claim.page; ; page += 1) {
      signal.throwIfAborted();
      const { repos, isLast } = await this.github.offered(token, page);
      const isOurs = await this.unitOfWork.run(async (tx) => {
        await this.syncs.apply(tx, claim, repos.map(syncedOf));
        return this.syncs.turn(tx, { ...claim, page });
      });
      if (!isOurs) return false;
      if (isLast) break;
    }
    await this.lookForUnseen(token, claim, signal);
    return true;
  }

  /** A list that changes while it is read skips some: each that was not named is asked about by itself. */
  private async lookForUnseen(token: Secret, claim: ClaimedSync, signal: AbortSignal): Promise<void> {
    for (;;) {
      const unseen = await this.unitOfWork.run((tx) => this.syncs.unseen(tx, claim, SWEEP_BATCH));
      if (unseen.length === 0) return;
      for (const repository of unseen) {
        signal.throwIfAborted();
        await this.settle(token, claim, repository);
      }
    }
  }

  private async settle(token: Secret, claim: ClaimedSync, { id, githubId }: UnseenRepository): Promise<void> {
    const found = await this.github.find(token, githubId);
    const row = found && (await this.installations.findByGithubId(found.installationId));
    const isTheirs = row?.organizationId === claim.organizationId && row.suspendedAt === null;
    await this.unitOfWork.run(async (tx) => {
      const changed = found && isTheirs ? await this.syncs.apply(tx, { id: row.id, organizationId: claim.organizationId }, [syncedOf(found.facts)]) : 0;
      if (changed === 0) await this.syncs.withdraw(tx, claim.organizationId, id);
    });
  }
}

function knownOf(facts: InstallationFacts) {
  const { installationId, appId, accountId, accountLogin, accountType, repositorySelection, permissions, events, isSuspended } = facts;
  return { installationId, appId, accountId, accountLogin, accountType, repositorySelection, permissions: { ...permissions }, events, isSuspended };
}

function syncedOf(facts: GithubRepoFacts): SyncedRepository {
  const { id, nodeId, name, fullName, description, archived, fork, language, htmlUrl, cloneUrl, sizeKb, pushedAt, updatedAt } = facts;
  return {
    githubId: id, nodeId, name, fullName, description, isPrivate: facts.private, isArchived: archived, isFork: fork, language, url: htmlUrl, cloneUrl, sizeKb, lastPushedAt: pushedAt, githubUpdatedAt: updatedAt,
  };
}

function wordsOf(error: unknown): string {
  return error instanceof AppError ? redact(error.message) : 'internal: the sync broke off';
}

/** What GitHub asks us to wait; null: it asks nothing. */
function waitOf(error: unknown): number | null {
  if (!(error instanceof AppError) || error.kind !== GITHUB_RATE_LIMITED) return null;
  const seconds = Number(error.members['retryAfterSeconds']);
  return Number.isFinite(seconds) ? Math.min(LONGEST_WAIT_SECONDS, Math.max(1, Math.ceil(seconds))) : null;
}
