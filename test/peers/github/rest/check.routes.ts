import { created, ok, type Reply, type RepositoryExchange } from '../http/exchange';
import { page } from '../http/paging';
import { notFound, Refusal } from '../http/refusal';
import type { Route } from '../http/router';
import { fullName } from '../repository';
import type { CheckRun, CommitStatus } from '../reviews/reviewing';
import { checkRunShape, checkSuiteShape, simpleStatusShape, statusShape } from '../shapes/check';
import { repositoryShape } from '../shapes/repository';

const READ = ['checks', 'read'] as const;
const WRITE = ['checks', 'write'] as const;
const RUNS = '/repos/{owner}/{repo}/check-runs';
const COMMIT = '/repos/{owner}/{repo}/commits/{ref}';

export const checkRoutes: readonly Route[] = [
  { method: 'POST', path: RUNS, auth: 'repository', permission: WRITE, handle: createRun },
  { method: 'GET', path: `${RUNS}/{check_run_id}`, auth: 'repository', permission: READ, handle: (exchange) => ok(checkRunShape(exchange.state, exchange.repository, runOf(exchange))) },
  { method: 'PATCH', path: `${RUNS}/{check_run_id}`, auth: 'repository', permission: WRITE, handle: updateRun },
  { method: 'GET', path: `${COMMIT}/check-runs`, auth: 'repository', permission: READ, handle: listRuns },
  { method: 'GET', path: `${COMMIT}/check-suites`, auth: 'repository', permission: READ, handle: listSuites },
  { method: 'GET', path: `${COMMIT}/status`, auth: 'repository', permission: ['statuses', 'read'], handle: combinedStatus },
  { method: 'GET', path: `${COMMIT}/statuses`, auth: 'repository', permission: ['statuses', 'read'], handle: listStatuses },
];

async function createRun({ state, repository, body }: RepositoryExchange): Promise<Reply> {
  const sha = await repository.git.resolve(String(body.head_sha));
  if (sha === null) throw new Refusal(422, `No commit found for SHA: ${String(body.head_sha)}`);
  const run: CheckRun = {
    id: repository.nextId++, sha, name: String(body.name), appId: state.appId, externalId: textOr(body.external_id, ''), startedAt: state.isoNow(), status: 'queued', conclusion: null, completedAt: null,
    detailsUrl: null, output: { title: null, summary: null },
  };
  state.reviewing.of(repository).runs.push(run);
  change(run, body, state.isoNow());
  return created(checkRunShape(state, repository, run));
}

function updateRun(exchange: RepositoryExchange): Reply {
  const { state, repository, body } = exchange;
  const run = runOf(exchange);
  if (run.appId !== state.appId) throw new Refusal(403, 'Invalid app_id - check run can only be modified by the GitHub App that created it.');
  change(run, body, state.isoNow());
  return ok(checkRunShape(state, repository, run));
}

function change(run: CheckRun, body: Readonly<Record<string, unknown>>, at: string): void {
  run.conclusion = typeof body.conclusion === 'string' ? body.conclusion : run.conclusion;
  run.status = run.conclusion === null ? textOr(body.status, run.status) : 'completed';
  run.completedAt = run.conclusion === null ? null : at;
  run.detailsUrl = typeof body.details_url === 'string' ? body.details_url : run.detailsUrl;
  const { title, summary } = (body.output ?? {}) as { title?: string; summary?: string };
  if (summary !== undefined) run.output = { title: title ?? null, summary };
}

async function listRuns(exchange: RepositoryExchange): Promise<Reply> {
  const { state, repository, url } = exchange;
  const sha = await commitOf(exchange);
  const name = url.searchParams.get('check_name');
  const all = state.reviewing.of(repository).runs.filter((run) => run.sha === sha && (name === null || run.name === name));
  const isNewest = (run: CheckRun): boolean => !all.some((other) => other.name === run.name && other.appId === run.appId && other.id > run.id);
  const found = url.searchParams.get('filter') === 'all' ? all : all.filter(isNewest);
  const { items, headers } = page(exchange, found);
  return ok({ total_count: found.length, check_runs: items.map((run) => checkRunShape(state, repository, run)) }, headers);
}

async function listSuites(exchange: RepositoryExchange): Promise<Reply> {
  const { state, repository } = exchange;
  const sha = await commitOf(exchange);
  const found = state.reviewing.of(repository).suites.filter((suite) => suite.sha === sha);
  const { items, headers } = page(exchange, found);
  return ok({ total_count: found.length, check_suites: await Promise.all(items.map((suite) => checkSuiteShape(state, repository, suite))) }, headers);
}

/** The newest of each context, and what they come to together. */
async function combinedStatus(exchange: RepositoryExchange): Promise<Reply> {
  const { state, repository } = exchange;
  const sha = await commitOf(exchange);
  const newest = new Map<string, CommitStatus>();
  for (const status of state.reviewing.of(repository).statuses) if (status.sha === sha) newest.set(status.context, status);
  const found = [...newest.values()];
  const { items, headers } = page(exchange, found);
  const api = `${state.url}/api/v3/repos/${fullName(repository)}/commits/${sha}`;
  const worst = found.some((one) => one.state === 'failure' || one.state === 'error') ? 'failure' : found.length === 0 || found.some((one) => one.state === 'pending') ? 'pending' : 'success';
  return ok({ state: worst, sha, total_count: found.length, statuses: items.map((one) => simpleStatusShape(state, repository, one)), repository: await repositoryShape(state, repository), commit_url: api, url: `${api}/status` }, headers);
}

async function listStatuses(exchange: RepositoryExchange): Promise<Reply> {
  const { state, repository } = exchange;
  const sha = await commitOf(exchange);
  const { items, headers } = page(exchange, state.reviewing.of(repository).statuses.filter((one) => one.sha === sha).reverse());
  return ok(items.map((one) => statusShape(state, repository, one)), headers);
}

function runOf({ state, repository, params }: RepositoryExchange): CheckRun {
  const run = state.reviewing.of(repository).runs.find(({ id }) => String(id) === params.check_run_id);
  if (!run) throw notFound();
  return run;
}

async function commitOf({ repository, params }: RepositoryExchange): Promise<string> {
  const name = params.ref ?? '';
  const sha = (await repository.git.resolve(`refs/heads/${name}`)) ?? (await repository.git.resolve(name));
  if (sha === null) throw new Refusal(422, `No commit found for SHA: ${name}`);
  return sha;
}

function textOr(value: unknown, otherwise: string): string {
  return typeof value === 'string' ? value : otherwise;
}
