import type { Installation } from '../auth/installations';
import { legacyPermission, roleFlags } from '../auth/people';
import { ok, type Exchange, type Reply, type RepositoryExchange } from '../http/exchange';
import { page } from '../http/paging';
import { notAccessible, notFound } from '../http/refusal';
import type { Route } from '../http/router';
import type { Account, Repository } from '../repository';
import { accountShape } from '../shapes/account';
import { installationShape } from '../shapes/app';
import { repositoryShape } from '../shapes/repository';

export const userRoutes: readonly Route[] = [
  { method: 'GET', path: '/user', auth: 'user', handle: getUser },
  { method: 'GET', path: '/user/installations', auth: 'user', handle: listInstallations },
  { method: 'GET', path: '/user/installations/{installation_id}/repositories', auth: 'user', handle: listRepositories },
];

function self({ caller }: Exchange): Account {
  if (caller.kind !== 'user') throw notAccessible();
  return caller.token.account;
}

function getUser(exchange: Exchange): Reply {
  const { state } = exchange;
  const account = self(exchange);
  return ok({
    ...accountShape(account, state.url), name: null, company: null, blog: '', location: null, email: null, hireable: null, bio: null, twitter_username: null, notification_email: null,
    public_repos: 0, public_gists: 0, followers: 0, following: 0, created_at: state.createdAt, updated_at: state.createdAt,
  });
}

/** Those of their own account, and those that cover a repository they were let into. */
function visible({ state }: Exchange, account: Account): Installation[] {
  const { installations, people } = state.accounts;
  const isTheirs = (installation: Installation): boolean => (installation.account ?? state.repositories[0]?.owner)?.id === account.id;
  return installations.list().filter((installation) => isTheirs(installation) || state.repositories.some((repository) => installation.covers(repository) && people.given(repository, account) !== null));
}

function listInstallations(exchange: Exchange): Reply {
  const all = visible(exchange, self(exchange));
  const { items, headers } = page(exchange, all);
  return ok({ total_count: all.length, installations: items.map((installation) => installationShape(exchange.state, installation)) }, headers);
}

async function listRepositories(exchange: Exchange): Promise<Reply> {
  const { state, params } = exchange;
  const account = self(exchange);
  const installation = visible(exchange, account).find(({ id }) => String(id) === params.installation_id);
  if (!installation) throw notFound();
  const theirs = state.repositories.filter((repository) => installation.covers(repository) && installation.suspendedAt === null && state.accounts.people.role(repository, account) !== 'none');
  const { items, headers } = page(exchange, theirs);
  const shape = async (repository: Repository): Promise<Record<string, unknown>> => ({ ...(await repositoryShape(state, repository)), permissions: roleFlags(state.accounts.people.role(repository, account)) });
  return ok({ total_count: theirs.length, repository_selection: 'selected', repositories: await Promise.all(items.map(shape)) }, headers);
}

/** What somebody may do in a repository. Nobody has this name: 404. */
export function getCollaboratorPermission({ state, repository, params }: RepositoryExchange): Reply {
  const user = state.knownAccount(params.username ?? '');
  if (!user) throw notFound();
  const role = state.accounts.people.role(repository, user);
  return ok({ permission: legacyPermission(role), role_name: role, user: { ...accountShape(user, state.url), permissions: roleFlags(role), role_name: role } });
}
