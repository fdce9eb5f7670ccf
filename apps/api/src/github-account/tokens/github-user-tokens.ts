import { Clock, type Secret } from '@app/common';
import { type GithubConnection, GithubConnectionStore, type GithubUserTokens as Tokens, recordAudit, type Tx, UnitOfWork } from '@app/domain';
import { GithubGrantRefused, GithubOauth, GithubTokenRefused } from '@app/github';
import { Injectable } from '@nestjs/common';
import { githubNotConnected, type NotConnected } from '../github-account.errors';
import { AtOnce } from './at-once';

/** A token that ends sooner is changed before it is used. */
const MARGIN_MS = 60_000;
/** A refresh holds a connection of the pool while GitHub answers. */
const REFRESHES_AT_ONCE = 2;

type IsStale = (tokens: Tokens) => boolean;

/** People's tokens at GitHub: opened for one call, changed in time, given up when GitHub takes them no more. */
@Injectable()
export class GithubUserTokens {
  private readonly under = new Map<string, Promise<Secret>>();
  private readonly slots = new AtOnce(REFRESHES_AT_ONCE);

  constructor(
    private readonly connections: GithubConnectionStore,
    private readonly oauth: GithubOauth,
    private readonly unitOfWork: UnitOfWork,
    private readonly clock: Clock,
  ) {}

  /** Calls with the user's token; once more with a new one when GitHub does not take it. @throws {AppError} github_not_connected, and what the call throws */
  async use<T>(userId: string, call: (token: Secret) => Promise<T>): Promise<T> {
    const token = await this.current(userId);
    try {
      return await call(token);
    } catch (error) {
      if (!(error instanceof GithubTokenRefused)) throw error;
      return this.again(userId, token, call);
    }
  }

  /** A token that should hold. @throws {AppError} github_not_connected, github_error */
  async current(userId: string): Promise<Secret> {
    const tokens = await this.read(this.unitOfWork.reader, userId);
    const isStale: IsStale = ({ accessTokenExpiresAt: at }) => at !== null && at.getTime() - MARGIN_MS <= this.clock.now().getTime();
    return isStale(tokens) ? this.refresh(userId, isStale, 'expired') : tokens.accessToken;
  }

  /** The clocks differ, another process changed the token just now, or the person took it back: only a refresh tells. */
  private async again<T>(userId: string, refused: Secret, call: (token: Secret) => Promise<T>): Promise<T> {
    const token = await this.refresh(userId, ({ accessToken }) => accessToken.use((one) => refused.use((other) => one === other)), 'revoked');
    try {
      return await call(token);
    } catch (error) {
      if (!(error instanceof GithubTokenRefused)) throw error;
      await this.unitOfWork.run((tx) => this.end(tx, userId, 'revoked'));
      throw githubNotConnected('revoked');
    }
  }

  /** One refresh for all who wait in this process, and under the lock one for all processes. */
  private refresh(userId: string, isStale: IsStale, otherwise: 'expired' | 'revoked'): Promise<Secret> {
    const running = this.under.get(userId);
    if (running) return running;
    const started = this.slots.run(() => this.refreshed(userId, isStale, otherwise)).finally(() => this.under.delete(userId));
    this.under.set(userId, started);
    return started;
  }

  private async refreshed(userId: string, isStale: IsStale, otherwise: 'expired' | 'revoked'): Promise<Secret> {
    const token = await this.unitOfWork.run(async (tx) => {
      await this.connections.hold(tx, userId);
      const tokens = await this.read(tx, userId);
      if (!isStale(tokens)) return tokens.accessToken;
      const grant = await this.granted(tokens.refreshToken);
      if (grant) await this.connections.keep(tx, userId, grant);
      else await this.end(tx, userId, otherwise);
      return grant?.accessToken ?? null;
    });
    if (token === null) throw githubNotConnected(otherwise);
    return token;
  }

  /** Null: there is nothing to refresh with, or GitHub does not take it. */
  private async granted(refreshToken: Secret | null): Promise<Tokens | null> {
    if (refreshToken === null) return null;
    try {
      return await this.oauth.refresh(refreshToken);
    } catch (error) {
      if (error instanceof GithubGrantRefused) return null;
      throw error;
    }
  }

  private async end(tx: Tx, userId: string, status: 'expired' | 'revoked'): Promise<void> {
    const hasEnded = await this.connections.end(tx, userId, status);
    if (hasEnded) await recordAudit(tx, { organizationId: null, action: `github_account.${status}`, targetType: 'user', targetId: userId });
  }

  private async read(manager: Tx, userId: string): Promise<Tokens> {
    const connection = await this.connections.find(userId, manager);
    const tokens = connection?.status === 'connected' ? await this.connections.open(manager, connection) : null;
    if (!tokens) throw githubNotConnected(reasonOf(connection));
    return tokens;
  }
}

function reasonOf(connection: GithubConnection | null): NotConnected {
  if (!connection) return 'none';
  return connection.status === 'connected' ? 'expired' : connection.status;
}
