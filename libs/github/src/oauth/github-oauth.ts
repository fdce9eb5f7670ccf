import { AppConfig, AppError, Clock, INTEGRATION_NOT_CONFIGURED, redact, Secret } from '@app/common';
import { Injectable } from '@nestjs/common';
import { GITHUB_ERROR } from '../github.errors';
import { webUrl } from '../web-url';
import { GithubGrantRefused } from './grant-refused';

const TIMEOUT_MS = 10_000;
const WORDS = 200;

/** Where somebody is sent to allow the App. */
export interface AuthorizationRequest {
  readonly state: string;
  /** PKCE: the verifier's SHA-256 as base64url. */
  readonly challenge: string;
  /** Where they come back to; null: the App's first callback address. */
  readonly redirectUri: string | null;
}

/** What they come back with, and what was kept meanwhile. */
export interface CodeToExchange {
  readonly code: string;
  readonly verifier: Secret;
  readonly redirectUri: string | null;
}

/** A person's tokens. A time is null where the App's tokens do not expire. */
export interface UserGrant {
  readonly accessToken: Secret;
  readonly accessTokenExpiresAt: Date | null;
  readonly refreshToken: Secret | null;
  readonly refreshTokenExpiresAt: Date | null;
}

interface Client {
  readonly id: string;
  readonly secret: Secret;
}

interface TokenAnswer {
  readonly access_token?: unknown;
  readonly expires_in?: unknown;
  readonly refresh_token?: unknown;
  readonly refresh_token_expires_in?: unknown;
  readonly error?: unknown;
}

/** The App as people's client: codes, tokens, and their end. GitHub's own library knows no PKCE, so the exchange is a POST of ours. */
@Injectable()
export class GithubOauth {
  constructor(
    private readonly config: AppConfig,
    private readonly clock: Clock,
  ) {}

  /** Whether people can connect their accounts here. */
  get isConfigured(): boolean {
    return this.config.github.GITHUB_CLIENT_ID !== undefined && this.config.github.GITHUB_CLIENT_SECRET !== undefined;
  }

  /** @throws {AppError} integration_not_configured */
  authorizeUrl({ state, challenge, redirectUri }: AuthorizationRequest): string {
    const url = new URL(`${webUrl(this.config)}/login/oauth/authorize`);
    const fields = { client_id: this.client().id, state, code_challenge: challenge, code_challenge_method: 'S256', ...(redirectUri === null ? {} : { redirect_uri: redirectUri }) };
    for (const [name, value] of Object.entries(fields)) url.searchParams.set(name, value);
    return url.href;
  }

  /** A code for tokens; a code is good once. @throws {GithubGrantRefused}; {AppError} github_error, integration_not_configured */
  exchange({ code, verifier, redirectUri }: CodeToExchange): Promise<UserGrant> {
    return verifier.use((text) => this.token({ code, code_verifier: text, ...(redirectUri === null ? {} : { redirect_uri: redirectUri }) }, 'exchange a code'));
  }

  /** A refresh token for new tokens; it is good once, and the old access token ends with it. @throws as `exchange` */
  refresh(refreshToken: Secret): Promise<UserGrant> {
    return refreshToken.use((text) => this.token({ grant_type: 'refresh_token', refresh_token: text }, 'refresh a token'));
  }

  /** Takes back what the person allowed the App: all their tokens end. What has ended already is fine. @throws {AppError} github_error */
  revokeGrant(accessToken: Secret): Promise<void> {
    return this.end(accessToken, 'grant');
  }

  /** Ends one token; what the person allowed the App stays. @throws {AppError} github_error */
  revokeToken(accessToken: Secret): Promise<void> {
    return this.end(accessToken, 'token');
  }

  private async token(fields: Readonly<Record<string, string>>, what: string): Promise<UserGrant> {
    const { id, secret } = this.client();
    const body = secret.use((text) => JSON.stringify({ client_id: id, client_secret: text, ...fields }));
    const response = await this.send(`${webUrl(this.config)}/login/oauth/access_token`, { method: 'POST', body, headers: { accept: 'application/json', 'content-type': 'application/json' } }, what);
    const answer = (await response.json().catch(() => null)) as TokenAnswer | null;
    // An error has the status 200 as well: only what the body says counts.
    if (answer !== null && typeof answer.error === 'string') throw refusalOf(answer.error, what);
    if (!response.ok || answer === null || typeof answer.access_token !== 'string' || answer.access_token === '') throw new AppError(GITHUB_ERROR, `GitHub answered ${response.status} without a token (${what}).`);
    return this.grantOf(answer, answer.access_token);
  }

  private grantOf(answer: TokenAnswer, accessToken: string): UserGrant {
    const now = this.clock.now().getTime();
    const after = (seconds: unknown): Date | null => (typeof seconds === 'number' && seconds > 0 ? new Date(now + seconds * 1_000) : null);
    const refreshToken = typeof answer.refresh_token === 'string' && answer.refresh_token !== '' ? new Secret(answer.refresh_token) : null;
    return { accessToken: new Secret(accessToken), accessTokenExpiresAt: after(answer.expires_in), refreshToken, refreshTokenExpiresAt: after(answer.refresh_token_expires_in) };
  }

  private async end(accessToken: Secret, what: 'grant' | 'token'): Promise<void> {
    const { id, secret } = this.client();
    const authorization = secret.use((text) => `Basic ${Buffer.from(`${id}:${text}`).toString('base64')}`);
    const body = accessToken.use((text) => JSON.stringify({ access_token: text }));
    const headers = { accept: 'application/vnd.github+json', 'content-type': 'application/json', authorization };
    const response = await this.send(`${this.config.github.GITHUB_API_URL}/applications/${encodeURIComponent(id)}/${what}`, { method: 'DELETE', body, headers }, `end a ${what}`);
    await response.body?.cancel();
    // 404 and 422: GitHub knows no such token any more.
    if (!response.ok && response.status !== 404 && response.status !== 422) throw new AppError(GITHUB_ERROR, `GitHub answered ${response.status} (end a ${what}).`);
  }

  private async send(url: string, init: RequestInit, what: string): Promise<Response> {
    try {
      return await fetch(url, { ...init, headers: { ...init.headers, 'user-agent': 'async-coder/1.0' }, redirect: 'error', signal: AbortSignal.timeout(TIMEOUT_MS) });
    } catch (error) {
      throw new AppError(GITHUB_ERROR, `GitHub did not answer (${what}).`, { cause: new Error(redact(String(error)).slice(0, WORDS)) });
    }
  }

  private client(): Client {
    const { GITHUB_CLIENT_ID: id, GITHUB_CLIENT_SECRET: secret } = this.config.github;
    if (id === undefined || secret === undefined) throw new AppError(INTEGRATION_NOT_CONFIGURED, 'People cannot connect GitHub accounts here: GITHUB_CLIENT_ID and GITHUB_CLIENT_SECRET are not set.');
    return { id, secret };
  }
}

/** What went wrong on our side is an error of the deployment; the rest is for whoever holds the code or the token. */
function refusalOf(error: string, what: string): Error {
  if (error === 'incorrect_client_credentials') return new AppError(GITHUB_ERROR, 'GitHub does not take GITHUB_CLIENT_ID and GITHUB_CLIENT_SECRET.');
  return new GithubGrantRefused(redact(error).slice(0, WORDS), what);
}
