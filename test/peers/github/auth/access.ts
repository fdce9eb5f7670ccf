import { APP_PERMISSIONS, type GithubState } from '../github-state';
import type { Exchange } from '../http/exchange';
import { badCredentials, notAccessible, notFound, Refusal } from '../http/refusal';
import type { RepositoryRoute, Route } from '../http/router';
import { fullName, type Repository } from '../repository';
import { checkAppJwt } from './app-jwt';
import type { Caller } from './caller';
import { roleFlags } from './people';
import { covers, type InstallationToken, type Level } from './tokens';

const WRONG_KIND: Readonly<Record<Exclude<Route['auth'], 'repository'>, string>> = {
  app: 'A JSON web token could not be decoded', client: 'Requires authentication', installation: 'Requires authentication', user: 'Requires authentication',
};

/** Who sends this `Authorization` header. @throws {Refusal} 401 for a credential that does not hold. */
export function identify(state: GithubState, authorization: string | undefined): Caller {
  if (authorization === undefined) return { kind: 'anonymous' };
  const [, scheme, credential] = /^(\w+)\s+(.+)$/.exec(authorization) ?? [];
  if (scheme?.toLowerCase() === 'basic') return withPassword(state, Buffer.from(credential ?? '', 'base64').toString('utf8'));
  if (!credential || !/^(bearer|token)$/i.test(scheme ?? '')) throw badCredentials();
  if (!/^[\w-]+\.[\w-]+\.[\w-]+$/.test(credential) || credential.startsWith('ghs_')) return withToken(state, credential);
  checkAppJwt(credential, state, state.now());
  return { kind: 'app' };
}

function withPassword(state: GithubState, text: string): Caller {
  if (text === `${state.clientId}:${state.accounts.clientSecret}`) return { kind: 'client' };
  return withToken(state, text.replace(/^[^:]*:/, ''));
}

function withToken(state: GithubState, text: string): Caller {
  const person = state.accounts.userTokens.find(text, state.now());
  if (person) return { kind: 'user', token: person };
  const token = state.tokens.find(text, state.now());
  if (!token || token.installation.isDeleted) throw badCredentials();
  if (token.installation.suspendedAt !== null) throw new Refusal(403, 'This installation has been suspended');
  return { kind: 'installation', token };
}

export function coversRepository(token: InstallationToken, repository: Repository): boolean {
  return token.installation.covers(repository) && (token.repositoryIds === null || token.repositoryIds.includes(repository.id));
}

export function mayRead(caller: Caller, repository: Repository, state?: GithubState): boolean {
  return !repository.private || (caller.kind === 'installation' && coversRepository(caller.token, repository)) || isTheirs(caller, repository, 'read', state);
}

export function mayDo(caller: Caller, repository: Repository, [name, level]: readonly [string, Level], state?: GithubState): boolean {
  if (caller.kind === 'user') return covers(APP_PERMISSIONS[name], level) && isTheirs(caller, repository, level, state);
  return caller.kind === 'installation' && coversRepository(caller.token, repository) && covers(caller.token.permissions[name], level);
}

/** The five flags that a repository shows its reader. */
export function permissionsOf(state: GithubState, caller: Caller, repository: Repository): Record<string, boolean> {
  if (caller.kind === 'user') return roleFlags(state.accounts.people.role(repository, caller.token.account));
  return { admin: false, maintain: false, push: mayDo(caller, repository, ['contents', 'write']), triage: false, pull: true };
}

/** A person's token does what they may do and the App may do: it ends where the App is not installed. */
function isTheirs(caller: Caller, repository: Repository, level: Level, state: GithubState | undefined): boolean {
  if (caller.kind !== 'user' || !state) return false;
  const installation = state.accounts.installations.of(repository);
  return installation !== null && installation.suspendedAt === null && state.accounts.people.may(repository, caller.token.account, level);
}

/** @throws {Refusal} when this caller has the wrong kind of credential for the route. */
export function checkCaller({ auth, ...route }: Route, { caller }: Exchange): void {
  const wanted = auth === 'repository' && (route as RepositoryRoute).permission === null ? 'app' : auth;
  if (wanted === 'repository') {
    if (caller.kind === 'app' || caller.kind === 'client') throw new Refusal(401, 'Bad credentials');
    return;
  }
  if (wanted !== caller.kind) throw caller.kind === 'installation' && wanted === 'user' ? notAccessible() : new Refusal(401, WRONG_KIND[wanted]);
}

/** The repository of the call. @throws {Refusal} 301 for a former name, 404 for what the caller cannot see, 403 for what it may not do. */
export function repositoryFor({ permission, method }: RepositoryRoute, { state, params, caller, url }: Exchange): Repository {
  const { owner, repo, repository_id: id } = params;
  const repository = id === undefined ? state.repository(owner ?? '', repo ?? '') : state.repositories.find((one) => String(one.id) === id);
  if (!repository) throw elsewhere(state, `${owner}/${repo}`, url) ?? notFound();
  if (permission === null) return coveredOnly(state, repository);
  if (!mayRead(caller, repository, state)) throw notFound();
  const isOpenRead = method === 'GET' && !repository.private;
  if (isOpenRead || mayDo(caller, repository, permission, state)) return repository;
  throw caller.kind === 'anonymous' ? new Refusal(401, 'Requires authentication') : notAccessible();
}

/** What the App itself asks about is there only where the App is. */
function coveredOnly(state: GithubState, repository: Repository): Repository {
  if (state.accounts.installations.of(repository) === null) throw notFound();
  return repository;
}

function elsewhere(state: GithubState, name: string, url: URL): Refusal | null {
  const repository = state.accounts.formerNames.get(name.toLowerCase());
  if (!repository) return null;
  const rest = url.pathname.split(`/repos/${name}`)[1] ?? '';
  const location = `${state.url}/api/v3/repos/${fullName(repository)}${rest}${url.search}`;
  return new Refusal(301, 'Moved Permanently', null, { location });
}
