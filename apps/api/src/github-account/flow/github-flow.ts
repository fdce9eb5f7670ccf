import { randomToken, Secret, sha256 } from '@app/common';
import { OauthStateStore, type StateCarrier, UnitOfWork, type UsedOauthState } from '@app/domain';
import { GithubInstallations, GithubOauth } from '@app/github';
import { Injectable } from '@nestjs/common';
import { oauthStateExpired } from '../github-account.errors';

/** Who goes to GitHub, and where they come back to. */
export interface Departure {
  readonly userId: string;
  readonly organizationId: string;
  readonly redirectTo: string;
  /** Where GitHub sends the browser; null: the App's first callback address. */
  readonly redirectUri: string | null;
  readonly browserHash: Buffer;
}

/** An address at GitHub, good until then. */
export interface WayToGithub {
  readonly url: string;
  readonly expiresAt: Date;
}

/** The way to GitHub and back: a state of 32 random bytes, of which we keep the hash, and PKCE. */
@Injectable()
export class GithubFlow {
  constructor(
    private readonly oauth: GithubOauth,
    private readonly installations: GithubInstallations,
    private readonly states: OauthStateStore,
    private readonly unitOfWork: UnitOfWork,
  ) {}

  /** To allow the App. @throws {AppError} integration_not_configured */
  async toAuthorize(departure: Departure): Promise<WayToGithub> {
    const [state, verifier] = [randomToken(), randomToken()];
    const url = this.oauth.authorizeUrl({ state, challenge: sha256(verifier).toString('base64url'), redirectUri: departure.redirectUri });
    return { url, expiresAt: await this.keep(state, verifier, 'connect', departure) };
  }

  /** To install the App. @throws {AppError} integration_not_configured, github_error */
  async toInstall(departure: Departure): Promise<WayToGithub> {
    const [state, verifier] = [randomToken(), randomToken()];
    const url = await this.installations.installUrl(state);
    return { url, expiresAt: await this.keep(state, verifier, 'install', departure) };
  }

  /** Uses up the state that came back. @throws {AppError} oauth_state_expired */
  async back(state: string, purpose: UsedOauthState['purpose'], carrier: StateCarrier | null): Promise<UsedOauthState> {
    const used = carrier && (await this.unitOfWork.run((tx) => this.states.consume(tx, sha256(state), purpose, carrier)));
    if (!used) throw oauthStateExpired();
    return used;
  }

  private keep(state: string, verifier: string, purpose: UsedOauthState['purpose'], departure: Departure): Promise<Date> {
    return this.unitOfWork.run((tx) => this.states.create(tx, { ...departure, stateHash: sha256(state), purpose, verifier: new Secret(verifier) }));
  }
}
