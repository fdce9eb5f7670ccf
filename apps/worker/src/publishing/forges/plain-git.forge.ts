import { AppError } from '@app/common';
import { RepositoryCredentialStore, UnitOfWork } from '@app/domain';
import { Injectable } from '@nestjs/common';
import { gitCredentialsOf } from '../../workspace/git-credentials';
import { PublishFailure } from '../publish-failure';
import { Forge, type ForgeRequest, type OpenForge } from './forge';

/** A git remote and nothing else: a branch is pushed, and the patch is kept. */
@Injectable()
export class PlainGitForge extends Forge {
  readonly provider = 'git';

  constructor(
    private readonly credentials: RepositoryCredentialStore,
    private readonly uow: UnitOfWork,
  ) {
    super();
  }

  /** @throws {PublishFailure} when the repository's credential cannot be read any more */
  async open({ repo }: ForgeRequest): Promise<OpenForge> {
    const stored = await this.credentials.open(this.uow.reader, repo.organizationId, repo.id).catch((error: unknown) => {
      throw error instanceof AppError ? new PublishFailure('push_failed', `${error.detail} The patch is kept; publish again when that is solved.`) : error;
    });
    return {
      credentials: gitCredentialsOf(stored), defaultBranch: repo.defaultBranch, readOnly: null, pulls: null, checks: null, noChecks: null,
      isProtected: () => Promise.resolve(false), renew: () => Promise.resolve(false), close: () => Promise.resolve(),
    };
  }
}
