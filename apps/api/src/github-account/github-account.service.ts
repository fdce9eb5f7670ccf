import { AppConfig, type Page, type PageRequest } from '@app/common';
import type { InstallationFacts } from '@app/github';
import { Injectable } from '@nestjs/common';
import type { Principal } from '../auth/principal';
import { type Connected, GithubConnecting } from './flow/github-connecting';
import { GithubDisconnecting } from './flow/github-disconnecting';
import { GithubFlow, type WayToGithub } from './flow/github-flow';
import { returnAddress } from './flow/return-address';
import { GithubClient } from './github-client';
import { GithubUserTokens } from './tokens/github-user-tokens';

/** The caller's own account at GitHub. */
@Injectable()
export class GithubAccount {
  constructor(
    private readonly flow: GithubFlow,
    private readonly connecting: GithubConnecting,
    private readonly disconnecting: GithubDisconnecting,
    private readonly tokens: GithubUserTokens,
    private readonly github: GithubClient,
    private readonly config: AppConfig,
  ) {}

  /** The browser comes back to the App's first callback address, wherever that is. @throws {AppError} integration_not_configured */
  begin({ userId, organizationId }: Principal, browserHash: Buffer): Promise<WayToGithub> {
    return this.flow.toAuthorize({ userId, organizationId, redirectTo: returnAddress(undefined, this.config), redirectUri: null, browserHash });
  }

  /** @throws {AppError} oauth_state_expired, account_link_required, github_error */
  async finish({ userId }: Principal, { code, state }: { readonly code: string; readonly state: string }): Promise<Connected> {
    this.github.requireConfigured();
    return this.connecting.connect(await this.flow.back(state, 'connect', { userId }), code);
  }

  /** @throws {AppError} github_error */
  disconnect(userId: string): Promise<void> {
    return this.disconnecting.disconnect(userId);
  }

  /** By GitHub's id. @throws {AppError} github_not_connected, github_error */
  async installations(userId: string, { limit, order, after }: PageRequest): Promise<Page<InstallationFacts>> {
    this.github.requireConfigured();
    const all = await this.tokens.use(userId, (token) => this.github.people.installations(token));
    const sign = order === 'desc' ? -1 : 1;
    const sorted = all.sort((a, b) => sign * compared(a.installationId, b.installationId));
    const rest = after ? sorted.filter(({ installationId }) => sign * compared(installationId, after.id) > 0) : sorted;
    const rows = rest.slice(0, limit);
    const last = rows.at(-1);
    return { rows, next: last && rest.length > limit ? { sort: '', id: last.installationId } : null };
  }
}

function compared(one: string, other: string): number {
  const difference = BigInt(one) - BigInt(other);
  if (difference === 0n) return 0;
  return difference > 0n ? 1 : -1;
}
