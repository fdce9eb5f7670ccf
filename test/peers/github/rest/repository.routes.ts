import { permissionsOf } from '../auth/access';
import { ok, type Reply, type RepositoryExchange } from '../http/exchange';
import { page } from '../http/paging';
import { notFound, Refusal } from '../http/refusal';
import type { Route } from '../http/router';
import { afterPush } from '../pushes';
import { fullName } from '../repository';
import { nodeId } from '../shapes/account';
import { commitShape } from '../shapes/commit';
import { fullRepositoryShape } from '../shapes/repository';
import { getCollaboratorPermission } from './user.routes';

const READ = ['contents', 'read'] as const;
const METADATA = ['metadata', 'read'] as const;

export const repositoryRoutes: readonly Route[] = [
  { method: 'GET', path: '/repos/{owner}/{repo}', auth: 'repository', permission: METADATA, handle: getRepository },
  { method: 'GET', path: '/repositories/{repository_id}', auth: 'repository', permission: METADATA, handle: getRepository },
  { method: 'GET', path: '/repos/{owner}/{repo}/branches', auth: 'repository', permission: READ, handle: listBranches },
  { method: 'GET', path: '/repos/{owner}/{repo}/branches/{branch}', auth: 'repository', permission: READ, handle: getBranch },
  { method: 'GET', path: '/repos/{owner}/{repo}/branches/{branch}/protection', auth: 'repository', permission: ['administration', 'read'], handle: getProtection },
  { method: 'GET', path: '/repos/{owner}/{repo}/rules/branches/{branch}', auth: 'repository', permission: METADATA, handle: listRules },
  { method: 'GET', path: '/repos/{owner}/{repo}/git/ref/{ref}', auth: 'repository', permission: READ, handle: getRef },
  { method: 'DELETE', path: '/repos/{owner}/{repo}/git/refs/{ref}', auth: 'repository', permission: ['contents', 'write'], handle: deleteRef },
  { method: 'GET', path: '/repos/{owner}/{repo}/commits/{ref}', auth: 'repository', permission: READ, handle: getCommit },
  { method: 'GET', path: '/repos/{owner}/{repo}/collaborators/{username}/permission', auth: 'repository', permission: METADATA, handle: getCollaboratorPermission },
];

async function getRepository({ state, repository, caller }: RepositoryExchange): Promise<Reply> {
  return ok({ ...(await fullRepositoryShape(state, repository)), permissions: permissionsOf(state, caller, repository) });
}

async function listBranches(exchange: RepositoryExchange): Promise<Reply> {
  const { state, repository } = exchange;
  const { items, headers } = page(exchange, await repository.git.refs('refs/heads/'));
  const api = `${state.url}/api/v3/repos/${fullName(repository)}`;
  return ok(items.map(({ name, sha }) => ({ name: name.slice('refs/heads/'.length), commit: { sha, url: `${api}/commits/${sha}` }, protected: repository.protectedBranches.has(name.slice('refs/heads/'.length)) })), headers);
}

async function getBranch({ state, repository, params }: RepositoryExchange): Promise<Reply> {
  const name = params.branch ?? '';
  const sha = await repository.git.branchSha(name);
  if (sha === null) throw new Refusal(404, 'Branch not found');
  const api = `${state.url}/api/v3/repos/${fullName(repository)}/branches/${name}`;
  const isProtected = repository.protectedBranches.has(name);
  return ok({
    name, commit: await commitShape(state, repository, sha), protected: isProtected, _links: { self: api, html: `${state.url}/${fullName(repository)}/tree/${name}` },
    protection: { enabled: isProtected, required_status_checks: { enforcement_level: 'off', contexts: [], checks: [] } }, protection_url: `${api}/protection`,
  });
}

async function getProtection({ state, repository, params }: RepositoryExchange): Promise<Reply> {
  const name = params.branch ?? '';
  if ((await repository.git.branchSha(name)) === null) throw new Refusal(404, 'Branch not found');
  if (!repository.protectedBranches.has(name)) throw new Refusal(404, 'Branch not protected');
  const url = `${state.url}/api/v3/repos/${fullName(repository)}/branches/${name}/protection`;
  return ok({ url, enforce_admins: { url: `${url}/enforce_admins`, enabled: true }, allow_force_pushes: { enabled: false }, allow_deletions: { enabled: false } });
}

/** Rules hold for names, also of branches that are not there. */
function listRules(exchange: RepositoryExchange): Reply {
  const { repository, params } = exchange;
  const rule = { ruleset_source_type: 'Repository' as const, ruleset_source: fullName(repository), ruleset_id: 1 };
  const rules = repository.protectedBranches.has(params.branch ?? '') ? [{ type: 'deletion', ...rule }, { type: 'non_fast_forward', ...rule }, { type: 'update', ...rule }] : [];
  const { items, headers } = page(exchange, rules);
  return ok(items, headers);
}

async function getRef({ state, repository, params }: RepositoryExchange): Promise<Reply> {
  const ref = `refs/${params.ref}`;
  const found = (await repository.git.refs(ref)).find(({ name }) => name === ref);
  if (!found) throw notFound();
  const type = (await repository.git.git(['cat-file', '-t', found.sha])).trim();
  const api = `${state.url}/api/v3/repos/${fullName(repository)}/git`;
  return ok({ ref, node_id: nodeId('REF', `${repository.id}:${ref}`), url: `${api}/${ref}`, object: { type, sha: found.sha, url: `${api}/${type}s/${found.sha}` } });
}

async function deleteRef({ state, repository, params }: RepositoryExchange): Promise<Reply> {
  const ref = `refs/${params.ref}`;
  const isThere = (await repository.git.refs(ref)).some(({ name }) => name === ref);
  if (!isThere) throw new Refusal(422, 'Reference does not exist');
  if (ref === `refs/heads/${await repository.git.defaultBranch()}`) throw new Refusal(422, 'Cannot delete the default branch');
  await repository.git.git(['update-ref', '-d', ref]);
  await afterPush(state, repository);
  return { status: 204 };
}

async function getCommit({ state, repository, params }: RepositoryExchange): Promise<Reply> {
  const name = params.ref ?? '';
  const sha = (await repository.git.resolve(`refs/heads/${name}`)) ?? (await repository.git.resolve(`refs/tags/${name}`)) ?? (await repository.git.resolve(name));
  if (sha === null) throw new Refusal(422, `No commit found for SHA: ${name}`);
  return ok(await commitShape(state, repository, sha));
}
