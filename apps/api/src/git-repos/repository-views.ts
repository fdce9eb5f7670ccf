import { type GitRepo, GithubInstallationStore } from '@app/domain';
import { Injectable } from '@nestjs/common';
import type { Principal } from '../auth/principal';
import { RepositoryAccess } from './access/repository-access';
import type { RepositoryView } from './dto/repository.response';

@Injectable()
export class RepositoryViews {
  constructor(
    private readonly installations: GithubInstallationStore,
    private readonly access: RepositoryAccess,
  ) {}

  /** What the answers need to know beside the rows. */
  async of(principal: Principal, repos: readonly GitRepo[]): Promise<RepositoryView> {
    const [installations, levels] = await Promise.all([this.installations.listForOrganization(principal.organizationId), this.access.shown(principal, repos)]);
    return { levels, installations: new Map(installations.map(({ id, installationId }) => [id, installationId])) };
  }
}
