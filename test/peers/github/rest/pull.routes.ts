import { created, ok, type Reply, type RepositoryExchange } from '../http/exchange';
import { page } from '../http/paging';
import { invalid, notFound } from '../http/refusal';
import type { Route } from '../http/router';
import { mergePull } from '../merges';
import { closePull, findPull, isMergeable, openPull, reopenPull, toldMergeable } from '../pulls';
import type { PullRequest } from '../repository';
import { commitOfFacts, readCommits } from '../shapes/commit';
import { fileShapes } from '../shapes/file';
import { pullShape, simplePullShape } from '../shapes/pull';

const READ = ['pull_requests', 'read'] as const;
const WRITE = ['pull_requests', 'write'] as const;

export const pullRoutes: readonly Route[] = [
  { method: 'GET', path: '/repos/{owner}/{repo}/pulls', auth: 'repository', permission: READ, handle: listPulls },
  { method: 'POST', path: '/repos/{owner}/{repo}/pulls', auth: 'repository', permission: WRITE, handle: createPull },
  { method: 'GET', path: '/repos/{owner}/{repo}/pulls/{pull_number}', auth: 'repository', permission: READ, handle: getPull },
  { method: 'PATCH', path: '/repos/{owner}/{repo}/pulls/{pull_number}', auth: 'repository', permission: WRITE, handle: patchPull },
  { method: 'PUT', path: '/repos/{owner}/{repo}/pulls/{pull_number}/merge', auth: 'repository', permission: ['contents', 'write'], handle: merge },
  { method: 'GET', path: '/repos/{owner}/{repo}/pulls/{pull_number}/files', auth: 'repository', permission: READ, handle: listFiles },
  { method: 'GET', path: '/repos/{owner}/{repo}/pulls/{pull_number}/commits', auth: 'repository', permission: READ, handle: listCommits },
];

async function listPulls(exchange: RepositoryExchange): Promise<Reply> {
  const { state, repository, url } = exchange;
  const [head, base] = [url.searchParams.get('head'), url.searchParams.get('base')];
  const wanted = url.searchParams.get('state') ?? 'open';
  const fits = (pull: PullRequest): boolean =>
    (wanted === 'all' || pull.state === wanted) && (base === null || pull.baseRef === base) && (head === null || !head.includes(':') || head.toLowerCase() === `${repository.owner.login}:${pull.headRef}`.toLowerCase());
  const sort = url.searchParams.get('sort') === 'updated' ? 'updatedAt' : 'createdAt';
  const found = repository.pulls.filter(fits).sort((one, other) => one[sort].localeCompare(other[sort]) || one.number - other.number);
  if (url.searchParams.get('direction') !== 'asc') found.reverse();
  const { items, headers } = page(exchange, found);
  return ok(await Promise.all(items.map((pull) => simplePullShape(state, repository, pull))), headers);
}

async function createPull({ state, repository, body }: RepositoryExchange): Promise<Reply> {
  const pull = await openPull(state, repository, body);
  return created(await pullShape(state, repository, pull, null));
}

async function getPull(exchange: RepositoryExchange): Promise<Reply> {
  const { state, repository, headers } = exchange;
  const pull = pullOf(exchange);
  const accept = headers.accept ?? '';
  if (/\bdiff\b/.test(accept)) return { status: 200, text: await repository.git.git(['diff', `${pull.baseSha}...${pull.headSha}`]), contentType: 'application/vnd.github.v3.diff; charset=utf-8' };
  if (/\bpatch\b/.test(accept)) return { status: 200, text: await repository.git.git(['format-patch', '--stdout', `${pull.baseSha}..${pull.headSha}`]), contentType: 'application/vnd.github.v3.patch; charset=utf-8' };
  return ok(await pullShape(state, repository, pull, await toldMergeable(repository, pull)));
}

async function merge(exchange: RepositoryExchange): Promise<Reply> {
  const { state, repository, body } = exchange;
  const sha = await mergePull(state, repository, pullOf(exchange), body);
  return ok({ sha, merged: true, message: 'Pull Request successfully merged' });
}

async function patchPull(exchange: RepositoryExchange): Promise<Reply> {
  const { state, repository, body } = exchange;
  const pull = pullOf(exchange);
  if (body.state === 'open' && pull.mergedAt !== null) throw invalid({ resource: 'PullRequest', field: 'state', code: 'invalid', message: 'state cannot be changed. The pull request was merged.' });
  if (typeof body.title === 'string') pull.title = body.title;
  if (typeof body.body === 'string') pull.body = body.body;
  if (typeof body.maintainer_can_modify === 'boolean') pull.maintainerCanModify = body.maintainer_can_modify;
  if (body.state === 'closed' && pull.state === 'open') await closePull(state, repository, pull);
  if (body.state === 'open' && pull.state === 'closed') await reopenPull(state, repository, pull);
  pull.updatedAt = state.isoNow();
  return ok(await pullShape(state, repository, pull, await isMergeable(repository, pull)));
}

async function listFiles(exchange: RepositoryExchange): Promise<Reply> {
  const { items, headers } = page(exchange, await fileShapes(exchange.state, exchange.repository, pullOf(exchange)));
  return ok(items, headers);
}

async function listCommits(exchange: RepositoryExchange): Promise<Reply> {
  const { state, repository } = exchange;
  const pull = pullOf(exchange);
  const { items, headers } = page(exchange, await readCommits(repository, ['--reverse', `${pull.baseSha}..${pull.headSha}`]));
  return ok(items.map((facts) => commitOfFacts(state, repository, facts)), headers);
}

function pullOf({ repository, params }: RepositoryExchange): PullRequest {
  const pull = findPull(repository, params.pull_number ?? '');
  if (!pull) throw notFound();
  return pull;
}
