import { type GithubConnection, GithubConnectionStore, type GithubInstallation, GithubInstallationStore } from '@app/domain';
import { Injectable } from '@nestjs/common';

/** What a profile shows of GitHub: the user's own connection, and the organization's installations. */
@Injectable()
export class ProfileGithubParts {
  constructor(
    private readonly connections: GithubConnectionStore,
    private readonly installations: GithubInstallationStore,
  ) {}

  async of(userId: string, organizationId: string): Promise<{ connection: GithubConnection | null; installations: GithubInstallation[] }> {
    const [connection, installations] = await Promise.all([this.connections.find(userId), this.installations.listForOrganization(organizationId)]);
    return { connection, installations };
  }
}
