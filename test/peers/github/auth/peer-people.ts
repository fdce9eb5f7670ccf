import type { GithubState } from '../github-state';
import type { Account, Repository } from '../repository';
import type { Installation } from './installations';
import type { Role } from './people';

/** What tests change about people and installations. Repositories are named "owner/name". */
export interface PeerPeople {
  readonly clientSecret: string;
  /** What somebody may do in a repository; "none" removes them. */
  setRole(fullName: string, login: string, role: Role): void;
  /** Somebody at GitHub's page, signed in as this login, allows the App (or not): where the browser is sent. */
  authorize(url: string, login: string, answer?: 'allow' | 'deny'): Promise<string>;
  /** They take their authorization back, on GitHub's own pages. */
  revokeAuthorization(login: string): void;
  /** How often refresh tokens were used. */
  refreshes(): number;
  setCallbackUrls(urls: readonly string[]): void;
  /** Installs the App for an account; returns the installation's id. */
  install(login: string, type?: Account['type']): number;
  suspend(installationId: number, isSuspended?: boolean): void;
  uninstall(installationId: number): void;
  /** Takes a repository out of the installation's selection, or puts it back. */
  select(fullName: string, isSelected: boolean): void;
  /** Renames a repository, or hands it to another owner. The old name leads to the new one. */
  rename(fullName: string, to: string): void;
  archive(fullName: string): void;
  accountId(login: string): number;
  /** Every token of people that was given out. */
  issued(): readonly string[];
}

export function peerPeople(state: GithubState): PeerPeople {
  const { accounts } = state;
  const installation = (id: number): Installation => accounts.installations.find(id) ?? fail(`no installation ${id}`);
  return {
    clientSecret: accounts.clientSecret,
    setRole: (name, login, role) => accounts.people.set(repositoryNamed(state, name), state.account(login), role),
    authorize: (url, login, answer = 'allow') => authorizeAs(url, login, answer),
    revokeAuthorization: (login) => accounts.userTokens.revokeGrant(state.account(login)),
    refreshes: () => accounts.userTokens.refreshes,
    setCallbackUrls: (urls) => void (accounts.callbackUrls = urls),
    install: (login, type = 'User') => accounts.installations.add(state.account(login, type)).id,
    suspend: (id, isSuspended = true) => void (installation(id).suspendedAt = isSuspended ? state.isoNow() : null),
    uninstall: (id) => void (installation(id).isDeleted = true),
    select: (name, isSelected) => accounts.installations.select(repositoryNamed(state, name), isSelected),
    rename: (name, to) => rename(state, name, to),
    archive: (name) => void accounts.archived.add(repositoryNamed(state, name).id),
    accountId: (login) => state.account(login).id,
    issued: () => accounts.userTokens.issued,
  };
}

function rename(state: GithubState, from: string, to: string): void {
  const repository = repositoryNamed(state, from);
  const [owner = '', name = ''] = to.split('/');
  state.accounts.formerNames.set(from.toLowerCase(), repository);
  Object.assign(repository, { owner: state.account(owner), name });
}

function repositoryNamed(state: GithubState, fullName: string): Repository {
  const [owner = '', name = ''] = fullName.split('/');
  return state.repository(owner, name) ?? fail(`no repository ${fullName}`);
}

async function authorizeAs(url: string, login: string, answer: 'allow' | 'deny'): Promise<string> {
  const page = new URL(url);
  page.searchParams.set('peer_login', login);
  if (answer === 'deny') page.searchParams.set('peer_answer', 'deny');
  const response = await fetch(page, { redirect: 'manual' });
  await response.arrayBuffer();
  return response.headers.get('location') ?? fail(`GitHub sends the browser nowhere: ${response.status}`);
}

function fail(why: string): never {
  throw new Error(why);
}
