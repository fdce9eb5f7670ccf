import type { Exchange } from '../http/exchange';
import { badCredentials, notAccessible, notFound, Refusal } from '../http/refusal';
import type { RepositoryRoute, Route } from '../http/router';
import type { GithubState } from '../github-state';
import type { Repository } from '../repository';
import { checkAppJwt } from './app-jwt';
import type { Caller } from './caller';
import { covers, type InstallationToken, type Level } from './tokens';

/** Who sends this `Authorization` header. @throws {Refusal} 401 for a credential that does not hold. */
export function identify(state: GithubState, authorization: string | undefined): Caller {
  if (authorization === undefined) return { kind: 'anonymous' };
  const [, scheme, credential] = /^(\w+)\s+(.+)$/.exec(authorization) ?? [];
  if (scheme?.toLowerCase() === 'basic') return withToken(state, Buffer.from(credential ?? '', 'base64').toString('utf8').replace(/^[^:]*:/, ''));
  if (!credential || !/^(bearer|token)$/i.test(scheme ?? '')) throw badCredentials();
  if (!/^[\w-]+\.[\w-]+\.[\w-]+$/.test(credential) || credential.startsWith('ghs_')) return withToken(state, credential);
  checkAppJwt(credential, state, state.now());
  return { kind: 'app' };
}

function withToken(state: GithubState, text: string): Caller {
  const token = state.tokens.find(text, state.now());
  if (!token) throw badCredentials();
  return { kind: 'installation', token };
}

export function coversRepository(token: InstallationToken, repository: Repository): boolean {
  return token.repositoryIds === null || token.repositoryIds.includes(repository.id);
}

export function mayRead(caller: Caller, repository: Repository): boolean {
  return !repository.private || (caller.kind === 'installation' && coversRepository(caller.token, repository));
}

export function mayDo(caller: Caller, repository: Repository, [name, level]: readonly [string, Level]): boolean {
  return caller.kind === 'installation' && coversRepository(caller.token, repository) && covers(caller.token.permissions[name], level);
}

/** @throws {Refusal} when this caller has the wrong kind of credential for the route. */
export function checkCaller({ auth, ...route }: Route, { caller }: Exchange): void {
  const wanted = auth === 'repository' && (route as RepositoryRoute).permission === null ? 'app' : auth;
  if (wanted === 'app' && caller.kind !== 'app') throw new Refusal(401, 'A JSON web token could not be decoded');
  if (wanted === 'installation' && caller.kind !== 'installation') throw new Refusal(401, 'Requires authentication');
  if (wanted === 'repository' && caller.kind === 'app') throw new Refusal(401, 'Bad credentials');
}

/** The repository of the call. @throws {Refusal} 404 for what the caller cannot see, 403 for what it may not do. */
export function repositoryFor({ permission, method }: RepositoryRoute, { state, params, caller }: Exchange): Repository {
  const { owner, repo, repository_id: id } = params;
  const repository = id === undefined ? state.repository(owner ?? '', repo ?? '') : state.repositories.find((one) => String(one.id) === id);
  if (!repository) throw notFound();
  if (permission === null) return repository;
  if (!mayRead(caller, repository)) throw notFound();
  const isOpenRead = method === 'GET' && !repository.private;
  if (isOpenRead || mayDo(caller, repository, permission)) return repository;
  throw caller.kind === 'anonymous' ? new Refusal(401, 'Requires authentication') : notAccessible();
}
