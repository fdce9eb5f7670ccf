import { coversRepository } from '../auth/access';
import type { Installation } from '../auth/installations';
import { covers, type Level, type Permissions } from '../auth/tokens';
import { created, ok, type Exchange, type Reply } from '../http/exchange';
import { page } from '../http/paging';
import { notFound, Refusal } from '../http/refusal';
import type { Route } from '../http/router';
import { fullName, type Repository } from '../repository';
import { appShape, installationShape } from '../shapes/app';
import { repositoryShape } from '../shapes/repository';

export const appRoutes: readonly Route[] = [
  { method: 'GET', path: '/app', auth: 'app', handle: ({ state }) => ok(appShape(state)) },
  { method: 'GET', path: '/app/installations', auth: 'app', handle: (exchange) => listInstallations(exchange) },
  { method: 'GET', path: '/app/installations/{installation_id}', auth: 'app', handle: (exchange) => ok(installationShape(exchange.state, installationOf(exchange))) },
  { method: 'POST', path: '/app/installations/{installation_id}/access_tokens', auth: 'app', handle: issueToken },
  { method: 'DELETE', path: '/installation/token', auth: 'installation', handle: revokeToken },
  { method: 'GET', path: '/installation/repositories', auth: 'installation', handle: listRepositories },
  { method: 'GET', path: '/repos/{owner}/{repo}/installation', auth: 'repository', permission: null, handle: ({ state, repository }) => ok(installationShape(state, state.accounts.installations.of(repository) ?? undefined)) },
];

function listInstallations(exchange: Exchange): Reply {
  const { items, headers } = page(exchange, exchange.state.accounts.installations.list());
  return ok(items.map((installation) => installationShape(exchange.state, installation)), headers);
}

function installationOf({ state, params }: Exchange): Installation {
  const installation = state.accounts.installations.find(params.installation_id);
  if (!installation) throw notFound();
  return installation;
}

async function issueToken(exchange: Exchange): Promise<Reply> {
  const { state, body, headers } = exchange;
  const installation = installationOf(exchange);
  if (installation.suspendedAt !== null) throw new Refusal(403, 'This installation has been suspended');
  const permissions = grantedPermissions(state.permissions, body.permissions as Permissions | undefined);
  const repositories = grantedRepositories(exchange, installation);
  const isStateless = headers['x-github-stateless-s2s-token'] === 'enabled';
  const token = state.tokens.issue(
    { installation, permissions, repositoryIds: repositories?.map(({ id }) => id) ?? null },
    state.now(),
    isStateless ? { appId: state.appId, key: state.key } : null,
  );
  return created({
    token: token.token, expires_at: new Date(token.expiresAt).toISOString().replace('.000Z', 'Z'), permissions, repository_selection: 'selected',
    ...(repositories ? { repositories: await Promise.all(repositories.map((repository) => repositoryShape(state, repository))) } : {}),
  });
}

function grantedPermissions(given: Permissions, wanted: Permissions | undefined): Permissions {
  if (wanted === undefined) return given;
  const isGranted = Object.entries(wanted).every(([name, level]) => covers(given[name], level));
  if (!isGranted) throw new Refusal(422, 'The permissions requested are not granted to this installation.');
  return { metadata: 'read' satisfies Level, ...wanted };
}

/** Null when the token is not narrowed. */
function grantedRepositories({ state, body }: Exchange, installation: Installation): Repository[] | null {
  const ids = body.repository_ids as number[] | undefined;
  const names = body.repositories as string[] | undefined;
  if (ids === undefined && names === undefined) return null;
  const found = [
    ...(ids ?? []).map((id) => state.repositories.find((repository) => repository.id === id)),
    ...(names ?? []).map((name) => state.repositories.find((repository) => repository.name === name || fullName(repository) === name)),
  ];
  const known = found.filter((repository): repository is Repository => repository !== undefined && installation.covers(repository));
  if (known.length < found.length) throw new Refusal(422, 'There is at least one repository that does not exist or is not accessible to the parent installation.');
  return known;
}

function revokeToken({ state, caller }: Exchange): Reply {
  if (caller.kind === 'installation') state.tokens.revoke(caller.token);
  return { status: 204 };
}

async function listRepositories(exchange: Exchange): Promise<Reply> {
  const { state, caller } = exchange;
  const visible = state.repositories.filter((repository) => caller.kind === 'installation' && coversRepository(caller.token, repository));
  const { items, headers } = page(exchange, visible);
  return ok({ total_count: visible.length, repository_selection: 'selected', repositories: await Promise.all(items.map((repository) => repositoryShape(state, repository))) }, headers);
}
