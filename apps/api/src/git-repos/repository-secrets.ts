import { notFound, type Page, type PageRequest, type Secret } from '@app/common';
import { GitRepoStore, recordAudit, type RepositorySecretRow, RepositorySecretStore, UnitOfWork } from '@app/domain';
import { Injectable } from '@nestjs/common';
import type { Principal } from '../auth/principal';

/** Which secret of which repository. */
export interface NamedSecret {
  readonly repositoryId: string;
  readonly name: string;
}

/** Secrets of a repository's set-up. Every write leaves an audit row, which holds the name and never the value. */
@Injectable()
export class RepositorySecrets {
  constructor(
    private readonly secrets: RepositorySecretStore,
    private readonly repos: GitRepoStore,
    private readonly unitOfWork: UnitOfWork,
  ) {}

  /** @throws {AppError} not_found */
  async list({ organizationId }: Principal, repositoryId: string, page: PageRequest): Promise<Page<RepositorySecretRow>> {
    if (!(await this.repos.findForOrganization(organizationId, repositoryId))) throw notFound();
    return this.secrets.list(this.unitOfWork.reader, organizationId, repositoryId, page);
  }

  /** @throws {AppError} not_found, plan_limit_repository_secrets */
  async set({ organizationId, userId }: Principal, { repositoryId, name }: NamedSecret, value: Secret): Promise<void> {
    await this.unitOfWork.run(async (tx) => {
      const { id, isNew } = await this.secrets.put(tx, { organizationId, repositoryId, name }, value, userId);
      await recordAudit(tx, { organizationId, action: isNew ? 'repository_secret.created' : 'repository_secret.replaced', targetType: 'repository_secret', targetId: id, changes: { repositoryId, name } });
    });
  }

  /** False when there was none. */
  delete({ organizationId }: Principal, { repositoryId, name }: NamedSecret): Promise<boolean> {
    return this.unitOfWork.run(async (tx) => {
      const id = await this.secrets.delete(tx, { organizationId, repositoryId, name });
      if (id === null) return false;
      await recordAudit(tx, { organizationId, action: 'repository_secret.deleted', targetType: 'repository_secret', targetId: id, changes: { repositoryId, name } });
      return true;
    });
  }
}
