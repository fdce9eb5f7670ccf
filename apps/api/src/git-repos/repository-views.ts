import { GithubInstallationStore } from '@app/domain';
import { Injectable } from '@nestjs/common';
import type { Principal } from '../auth/principal';
import type { RepositoryView } from './dto/repository.response';

@Injectable()
export class RepositoryViews {
  constructor(private readonly installations: GithubInstallationStore) {}

  /** What the answers need to know beside the rows. */
  async of(principal: Principal): Promise<RepositoryView> {
    const installations = await this.installations.listForOrganization(principal.organizationId);
    return { role: principal.role, installations: new Map(installations.map(({ id, installationId }) => [id, installationId])) };
  }
}
