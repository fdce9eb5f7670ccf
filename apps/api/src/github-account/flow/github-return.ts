import { AppConfig, AppError, Logger } from '@app/common';
import { becomeActor, type UsedOauthState } from '@app/domain';
import { Injectable } from '@nestjs/common';
import { GithubUserTokens } from '../tokens/github-user-tokens';
import { GithubConnecting } from './github-connecting';
import { GithubFlow } from './github-flow';
import { GithubLinks } from './github-links';
import { withOutcome } from './return-address';

type Query = Readonly<Record<string, string>>;
/** What a browser is told. */
type Outcome = { readonly status: string; readonly error?: string };

/** A browser that comes back from GitHub: what it brings, and where it goes next. */
@Injectable()
export class GithubReturn {
  private readonly logger: Logger;

  constructor(
    private readonly flow: GithubFlow,
    private readonly connecting: GithubConnecting,
    private readonly links: GithubLinks,
    private readonly tokens: GithubUserTokens,
    private readonly config: AppConfig,
    logger: Logger,
  ) {
    this.logger = logger.named('github-account');
  }

  /** @throws {AppError} oauth_state_expired */
  async fromAuthorizing({ code, state = '', error }: Query, browserHash: Buffer | null): Promise<string> {
    const used = await this.flow.back(state, 'connect', browserHash && { browserHash });
    return this.outcome(used, async () => {
      if (code === undefined || code === '') return { status: 'error', error: error === 'access_denied' ? 'access_denied' : 'github_error' };
      await this.connecting.connect(used, code);
      return { status: 'connected' };
    });
  }

  /** Without a state somebody changed an installation on GitHub's own pages, which its webhooks tell. @throws {AppError} oauth_state_expired */
  async fromInstalling({ state, installation_id: installationId, setup_action: action }: Query, browserHash: Buffer | null): Promise<string> {
    if (state === undefined || state === '') return withOutcome(this.config.core.PUBLIC_URL, { status: 'updated' });
    const used = await this.flow.back(state, 'install', browserHash && { browserHash });
    return this.outcome(used, async () => {
      // Somebody who may not install it has asked an owner to.
      if (action === 'request') return { status: 'requested' };
      if (installationId === undefined || !/^\d{1,19}$/.test(installationId)) return { status: 'error', error: 'integration_not_connected' };
      const isLinked = await this.tokens.use(used.userId, (token) => this.links.linkOne(used, token, installationId));
      return isLinked ? { status: 'installed' } : { status: 'error', error: 'integration_not_connected' };
    });
  }

  /** A browser is sent on whatever comes of it; the code says what went wrong. */
  private async outcome(used: UsedOauthState, work: () => Promise<Outcome>): Promise<string> {
    becomeActor({ type: 'user', id: used.userId });
    try {
      return withOutcome(used.redirectTo, await work());
    } catch (error) {
      if (!(error instanceof AppError)) this.logger.error('A way back from GitHub failed', { err: error });
      return withOutcome(used.redirectTo, { status: 'error', error: error instanceof AppError ? error.code : 'internal' });
    }
  }
}
