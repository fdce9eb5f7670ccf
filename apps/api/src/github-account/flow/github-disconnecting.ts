import { AppError } from '@app/common';
import { GithubConnectionStore, recordAudit, UnitOfWork } from '@app/domain';
import { GithubOauth } from '@app/github';
import { Injectable } from '@nestjs/common';
import { GITHUB_NOT_CONNECTED } from '../github-account.errors';
import { GithubUserTokens } from '../tokens/github-user-tokens';

/** Takes a connection away, at GitHub first: without its token nobody could do that later. */
@Injectable()
export class GithubDisconnecting {
  constructor(
    private readonly connections: GithubConnectionStore,
    private readonly tokens: GithubUserTokens,
    private readonly oauth: GithubOauth,
    private readonly unitOfWork: UnitOfWork,
  ) {}

  /** Nothing connected is fine. @throws {AppError} github_error: GitHub did not answer, and nothing has changed */
  async disconnect(userId: string): Promise<void> {
    const before = await this.connections.find(userId);
    if (!before) return;
    await this.revoke(userId);
    await this.unitOfWork.run(async (tx) => {
      await this.connections.hold(tx, userId);
      await this.connections.forget(tx, userId);
      await recordAudit(tx, { organizationId: null, action: 'github_account.disconnected', targetType: 'user', targetId: userId, changes: { login: before.login } });
    });
  }

  private async revoke(userId: string): Promise<void> {
    try {
      await this.oauth.revokeGrant(await this.tokens.current(userId));
    } catch (error) {
      // A connection that has ended has no grant to revoke with, and GitHub takes its tokens no more.
      if (!(error instanceof AppError && error.kind === GITHUB_NOT_CONNECTED)) throw error;
    }
  }
}
