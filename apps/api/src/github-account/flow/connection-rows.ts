import { ACCOUNT_LINK_REQUIRED } from '@app/accounts';
import { AppError, notFound, type Secret } from '@app/common';
import { GithubConnectionStore, recordAudit, UnitOfWork, UserStore } from '@app/domain';
import type { GithubPerson, UserGrant } from '@app/github';
import { Injectable } from '@nestjs/common';

/** What a connection is in the database. */
@Injectable()
export class ConnectionRows {
  constructor(
    private readonly connections: GithubConnectionStore,
    private readonly users: UserStore,
    private readonly unitOfWork: UnitOfWork,
  ) {}

  /** Returns the token of the other account of GitHub that was connected before, if one was. @throws {AppError} account_link_required, not_found */
  async keep(userId: string, { id, login, avatarUrl }: GithubPerson, grant: UserGrant): Promise<Secret | null> {
    if ((await this.users.find(userId))?.status !== 'active') throw notFound();
    return this.unitOfWork.run(async (tx) => {
      await this.connections.hold(tx, userId);
      const owner = await this.connections.ownerOf(tx, id);
      if (owner !== null && owner !== userId) throw linkRequired(login);
      const before = await this.connections.find(userId, tx);
      const former = before && before.githubUserId !== id ? await this.connections.open(tx, before).catch(() => null) : null;
      await this.connections.connect(tx, userId, { githubUserId: id, login, avatarUrl }, grant);
      await recordAudit(tx, { organizationId: null, action: 'github_account.connected', targetType: 'user', targetId: userId, changes: { login, githubId: id } });
      return former?.accessToken ?? null;
    });
  }
}

function linkRequired(login: string): AppError {
  return new AppError(ACCOUNT_LINK_REQUIRED, `The GitHub account ${login} belongs to another account here. Disconnect it there first, or sign in to that account.`);
}
