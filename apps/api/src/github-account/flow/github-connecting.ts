import { ACCOUNT_LINK_REQUIRED } from '@app/accounts';
import { AppError, Logger, notFound, type Secret } from '@app/common';
import { GithubConnectionStore, recordAudit, UnitOfWork, type UsedOauthState, UserStore } from '@app/domain';
import { GithubGrantRefused, GithubOauth, GithubPeople, type GithubPerson, type InstallationFacts, type UserGrant } from '@app/github';
import { Injectable } from '@nestjs/common';
import { codeRefused } from '../github-account.errors';
import { GithubLinks } from './github-links';

/** An account that was connected just now. */
export interface Connected {
  readonly person: GithubPerson;
  readonly installations: readonly InstallationFacts[];
}

/** Makes a connection of the code that came back. */
@Injectable()
export class GithubConnecting {
  private readonly logger: Logger;

  constructor(
    private readonly oauth: GithubOauth,
    private readonly people: GithubPeople,
    private readonly rows: ConnectionRows,
    private readonly links: GithubLinks,
    logger: Logger,
  ) {
    this.logger = logger.named('github-account');
  }

  /** @throws {AppError} oauth_state_expired, account_link_required, github_error */
  async connect(state: UsedOauthState, code: string): Promise<Connected> {
    const grant = await this.exchange(state, code);
    const { person, former } = await this.keep(state.userId, grant);
    if (former) await this.drop(former);
    const installations = await this.links.linkAll(state, grant.accessToken).catch((error: unknown) => {
      // The account is connected; what it sees is asked again.
      this.logger.warn('Installations of a new connection could not be read', { err: error });
      return [];
    });
    return { person, installations };
  }

  private async exchange({ verifier, redirectUri }: UsedOauthState, code: string): Promise<UserGrant> {
    try {
      return await this.oauth.exchange({ code, verifier, redirectUri });
    } catch (error) {
      if (error instanceof GithubGrantRefused) throw codeRefused(error.reason);
      throw error;
    }
  }

  /** Also the token of another account of theirs, which nothing needs any more. */
  private async keep(userId: string, grant: UserGrant): Promise<{ person: GithubPerson; former: Secret | null }> {
    try {
      const person = await this.people.self(grant.accessToken);
      return { person, former: await this.rows.keep(userId, person, grant) };
    } catch (error) {
      // The token only: what the person allowed the App may serve another account of ours.
      await this.drop(grant.accessToken);
      throw error;
    }
  }

  private async drop(token: Secret): Promise<void> {
    await this.oauth.revokeToken(token).catch((error: unknown) => this.logger.warn('A token that is not needed could not be ended at GitHub', { err: error }));
  }
}

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
