import type { Secret } from '@app/common';
import { RepositoryCredentialStore, RepositorySecretStore, UnitOfWork, type GitRepo } from '@app/domain';
import { Injectable } from '@nestjs/common';
import { gitCredentialsOf, type GitCredentials } from '../workspace/git-credentials';

/** What is kept sealed for a repository, opened for one attempt. */
@Injectable()
export class RepositoryVault {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly secrets: RepositorySecretStore,
    private readonly credentials: RepositoryCredentialStore,
  ) {}

  /** What its set-up command finds. @throws {AppError} repository_secret_unreadable */
  setUpSecrets({ organizationId, id }: GitRepo): Promise<Map<string, Secret>> {
    return this.secrets.openAll(this.uow.reader, organizationId, id);
  }

  /** What a plain git remote is shown; null: nothing. @throws {AppError} repository_credential_unreadable */
  async gitCredentials({ organizationId, id }: GitRepo): Promise<GitCredentials | null> {
    return gitCredentialsOf(await this.credentials.open(this.uow.reader, organizationId, id));
  }
}
