import { AppConfig, AppError, INTEGRATION_NOT_CONFIGURED, Secret } from '@app/common';
import { Inject, Injectable, Optional } from '@nestjs/common';
import { App } from '@octokit/app';
import type { Octokit } from 'octokit';
import { githubError, statusOf } from './github.errors';
import { octokitClass, withApiVersion } from './octokit-class';
import { privateKeyPem } from './private-key';
import { GithubTraffic, HURRIED, PATIENT, type Patience } from './traffic/github-traffic';
import { SHARED_LANES, type SharedLanes } from './traffic/lane-gate';

/** What a token may do: permission of the App by name, such as `contents` or `pull_requests`. */
export type TokenPermissions = Readonly<Record<string, 'read' | 'write'>>;

export interface RepositoryTokenRequest {
  /** GitHub's id of the installation. */
  readonly installationId: string;
  /** GitHub's id of the repository, the only one the token is good for. */
  readonly githubRepoId: string;
  readonly permissions: TokenPermissions;
  /** A person waits for what is done with it: waits of more than seconds become github_rate_limited, in the making of the token and in all its calls. */
  readonly isHurried?: boolean;
}

export interface RepositoryToken {
  readonly token: Secret;
  /** About an hour after it was made. */
  readonly expiresAt: Date;
}

export interface OneRepositoryToken extends RepositoryToken {
  /** owner/name of today, which may differ from the one we know; null when GitHub did not say. */
  readonly fullName: string | null;
}

/** An installation of our App; ids are GitHub's, as text. */
export interface InstallationFacts {
  readonly installationId: string;
  readonly appId: string;
  readonly accountId: string;
  readonly accountLogin: string;
  readonly accountType: 'User' | 'Organization' | 'Enterprise';
  readonly repositorySelection: 'all' | 'selected';
  readonly permissions: Readonly<Record<string, string>>;
  readonly events: string[];
  readonly isSuspended: boolean;
  readonly suspendedAt: Date | null;
}

/** Our GitHub App: the only holder of its key. Everything else works with a token for one repository that is asked for here. */
@Injectable()
export class GithubApp {
  private madeClass: ReturnType<typeof octokitClass> | undefined;
  private appCalls: Octokit | null = null;
  private readonly traffic: GithubTraffic;
  /** Whose traffic the calls of a token are. */
  private readonly origins = new WeakMap<Secret, { readonly lane: string; readonly patience: Patience }>();

  /** @param lanes what all processes know of GitHub's limits; absent: each knows its own calls */
  constructor(
    private readonly config: AppConfig,
    @Optional() @Inject(SHARED_LANES) lanes?: SharedLanes,
  ) {
    this.traffic = new GithubTraffic(config.github.GITHUB_PACED, lanes);
  }

  /** Whether this deployment has an App at all. */
  get isConfigured(): boolean {
    return this.config.github.GITHUB_APP_ID !== undefined && this.config.github.GITHUB_APP_PRIVATE_KEY !== undefined;
  }

  /**
   * A new token with these rights in this repository. Never a kept one: a kept one may have been revoked.
   * @throws {AppError} integration_not_configured, integration_not_connected, github_permission_missing, github_rate_limited, github_error
   */
  async tokenForRepository(request: RepositoryTokenRequest, signal?: AbortSignal): Promise<OneRepositoryToken> {
    const body = { installation_id: idNumber(request.installationId), repository_ids: [idNumber(request.githubRepoId)], permissions: { ...request.permissions } };
    const patience = request.isHurried ? HURRIED : PATIENT;
    const about = { signal, fetch: this.traffic.fetchFor('app', patience) };
    const { data } = await this.ask('a token for one repository', (octokit) => octokit.request('POST /app/installations/{installation_id}/access_tokens', { ...body, request: about }));
    const token = new Secret(data.token);
    this.origins.set(token, { lane: laneOf(request.installationId), patience });
    return { token, expiresAt: new Date(data.expires_at), fullName: data.repositories?.[0]?.full_name ?? null };
  }

  /** A token that sees what the installation sees, to look for a repository in it. @throws {AppError} as `tokenForRepository` */
  async tokenForInstallation(installationId: string, permissions: TokenPermissions = { metadata: 'read' }): Promise<RepositoryToken> {
    const body = { installation_id: idNumber(installationId), permissions: { ...permissions } };
    const { data } = await this.ask('a token for an installation', (octokit) => octokit.request('POST /app/installations/{installation_id}/access_tokens', body));
    const token = new Secret(data.token);
    this.origins.set(token, { lane: laneOf(installationId), patience: PATIENT });
    return { token, expiresAt: new Date(data.expires_at) };
  }

  /** The App's name in mentions: its account is this with `[bot]` behind it. @throws {AppError} as `tokenForRepository` */
  async slug(): Promise<string | null> {
    return (await this.ask('the App itself', (octokit) => octokit.request('GET /app'))).data?.slug ?? null;
  }

  /** The App's page at GitHub, where it is installed. @throws {AppError} as `tokenForRepository` */
  async page(): Promise<string | null> {
    return (await this.ask('the App itself', (octokit) => octokit.request('GET /app'))).data?.html_url ?? null;
  }

  /** Ends a token's life. One that is dead already is fine. @throws {AppError} github_error */
  async revoke(token: Secret): Promise<void> {
    try {
      await this.octokitFor(token, 'revoke').request('DELETE /installation/token');
    } catch (error) {
      if (statusOf(error) !== 401) throw githubError(error, 'revoke a token');
    }
  }

  /** The installation that covers a repository (owner/name); null when the App is not installed there. @throws {AppError} as `tokenForRepository` */
  async installationForRepository(fullName: string): Promise<InstallationFacts | null> {
    const [owner = '', repo = ''] = fullName.split('/');
    return this.installation((octokit) => octokit.request('GET /repos/{owner}/{repo}/installation', { owner, repo }));
  }

  /** An installation by GitHub's id; null when it is gone. @throws {AppError} as `tokenForRepository` */
  async installationById(installationId: string): Promise<InstallationFacts | null> {
    return this.installation((octokit) => octokit.request('GET /app/installations/{installation_id}', { installation_id: idNumber(installationId) }));
  }

  /**
   * A client that works with a token. Calls with tokens of one installation share its limits and its one queue of writes; those with a token
   * that was not made here share the ones of `pace`.
   */
  octokitFor(token: Secret, pace: string, usual: Patience = PATIENT): Octokit {
    const { lane, patience } = this.origins.get(token) ?? { lane: pace, patience: usual };
    const request = { fetch: this.traffic.fetchFor(lane, patience) };
    return withApiVersion(token.use((auth) => new this.OctokitClass({ auth, request })));
  }

  /** A call as the App itself. @throws {AppError} integration_not_configured, github_rate_limited, github_error … */
  async asApp<T>(what: string, call: (octokit: Octokit) => Promise<T>): Promise<T> {
    return call(this.appOctokit()).catch((error: unknown) => Promise.reject(githubError(error, what) as Error));
  }

  private async installation(call: (octokit: Octokit) => Promise<{ data: unknown }>): Promise<InstallationFacts | null> {
    try {
      return installationFacts((await call(this.appOctokit())).data as RawInstallation);
    } catch (error) {
      if (statusOf(error) === 404) return null;
      throw githubError(error, 'read an installation');
    }
  }

  private async ask<T>(what: string, call: (octokit: Octokit) => Promise<T>): Promise<T> {
    try {
      return await call(this.appOctokit());
    } catch (error) {
      // Of a repository that is not in the installation GitHub says 422.
      if (statusOf(error) === 422) throw githubError(Object.assign(error as Error, { status: 404 }), what);
      throw githubError(error, what);
    }
  }

  private get OctokitClass(): ReturnType<typeof octokitClass> {
    return (this.madeClass ??= octokitClass(this.config.github.GITHUB_API_URL, this.traffic.fetchFor('app', PATIENT)));
  }

  private appOctokit(): Octokit {
    const { GITHUB_APP_ID: appId, GITHUB_APP_PRIVATE_KEY: key } = this.config.github;
    if (appId === undefined || key === undefined) throw new AppError(INTEGRATION_NOT_CONFIGURED, 'This deployment has no GitHub App: GITHUB_APP_ID and GITHUB_APP_PRIVATE_KEY are not set.');
    return (this.appCalls ??= withApiVersion(new App({ appId, privateKey: key.use(privateKeyPem), Octokit: this.OctokitClass }).octokit));
  }
}

/** An installation in an answer of GitHub. */
export interface RawInstallation {
  readonly id: number | bigint;
  readonly app_id: number | bigint;
  readonly account: { readonly id: number | bigint; readonly login?: string; readonly slug?: string; readonly type?: string } | null;
  readonly target_type?: string;
  readonly repository_selection: 'all' | 'selected';
  readonly permissions: Record<string, string>;
  readonly events: string[];
  readonly suspended_at: string | null;
}

/** The same in our words. */
export function installationFacts(raw: RawInstallation): InstallationFacts {
  const type = raw.account?.type ?? raw.target_type;
  return {
    installationId: String(raw.id), appId: String(raw.app_id), accountId: String(raw.account?.id ?? 0), accountLogin: raw.account?.login ?? raw.account?.slug ?? '',
    accountType: type === 'Organization' || type === 'Enterprise' ? type : 'User', repositorySelection: raw.repository_selection, permissions: raw.permissions, events: raw.events,
    isSuspended: Boolean(raw.suspended_at),
    suspendedAt: raw.suspended_at ? new Date(raw.suspended_at) : null,
  };
}

function laneOf(installationId: string): string {
  return `installation:${installationId}`;
}

/** Octokit's types want numbers; its JSON writes a bigint as a number too. */
function idNumber(id: string): number {
  if (!/^\d{1,19}$/.test(id)) throw new Error(`not an id of GitHub: ${id.slice(0, 40)}`);
  const number = Number(id);
  return Number.isSafeInteger(number) ? number : (BigInt(id) as unknown as number);
}
