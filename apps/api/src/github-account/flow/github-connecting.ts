import { Logger, type Secret } from '@app/common';
import type { UsedOauthState } from '@app/domain';
import { GithubGrantRefused, GithubOauth, GithubPeople, type GithubPerson, type InstallationFacts, type UserGrant } from '@app/github';
import { Injectable } from '@nestjs/common';
import { codeRefused } from '../github-account.errors';
import { ConnectionRows } from './connection-rows';
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
