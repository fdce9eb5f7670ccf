// Checks in GitHub's payloads as our store takes them. Null: what is needed is not in there.
import type { ForgeCheck } from '@app/domain';
import { checkStateOf, type GithubPayload } from '@app/github';

const SHA = /^[0-9a-f]{40,64}$/;

export function checkRunIn(run: GithubPayload): ForgeCheck | null {
  const at = run.time('completed_at') ?? run.time('started_at');
  return checkIn('check_run', run, { name: run.text('name'), at, branch: run.text('check_suite', 'head_branch'), url: run.text('html_url') ?? run.text('details_url'), startedAt: run.time('started_at'), completedAt: run.time('completed_at') });
}

export function checkSuiteIn(suite: GithubPayload): ForgeCheck | null {
  const at = suite.time('updated_at');
  return checkIn('check_suite', suite, { name: suite.text('app', 'name') ?? 'check suite', at, branch: suite.text('head_branch'), url: null, startedAt: suite.time('created_at'), completedAt: suite.has('conclusion') ? at : null });
}

export function workflowRunIn(run: GithubPayload): ForgeCheck | null {
  const at = run.time('updated_at');
  return checkIn('workflow_run', run, { name: run.text('name'), at, branch: run.text('head_branch'), url: run.text('html_url'), startedAt: run.time('run_started_at') ?? run.time('created_at'), completedAt: run.has('conclusion') ? at : null });
}

/** A status is the payload itself. */
export function statusIn(status: GithubPayload): ForgeCheck | null {
  const [headSha, githubId, context, state] = [status.text('sha'), status.id('id'), status.text('context'), status.text('state')];
  const at = status.time('updated_at') ?? status.time('created_at');
  if (headSha === null || !SHA.test(headSha) || githubId === null || !context || !state || at === null) return null;
  const isPending = state === 'pending';
  return {
    headSha, kind: 'status', checkKey: context, githubId, name: context, state: isPending ? 'pending' : state === 'success' ? 'passed' : 'failed', conclusion: state, appId: null, headBranch: null,
    url: status.text('target_url'), startedAt: status.time('created_at'), completedAt: isPending ? null : at, githubUpdatedAt: at, progress: isPending ? 0 : 2,
  };
}

interface Told {
  readonly name: string | null;
  readonly at: Date | null;
  readonly branch: string | null;
  readonly url: string | null;
  readonly startedAt: Date | null;
  readonly completedAt: Date | null;
}

function checkIn(kind: ForgeCheck['kind'], check: GithubPayload, { name, at, branch, url, startedAt, completedAt }: Told): ForgeCheck | null {
  const [headSha, githubId, status, conclusion] = [check.text('head_sha'), check.id('id'), check.text('status') ?? 'queued', check.text('conclusion')];
  if (headSha === null || !SHA.test(headSha) || githubId === null || !name || at === null) return null;
  return {
    headSha, kind, checkKey: githubId, githubId, name, state: checkStateOf(status, conclusion), conclusion: conclusion ?? status, appId: check.id('app', 'id'), headBranch: branch, url, startedAt, completedAt,
    githubUpdatedAt: at, progress: conclusion !== null || status === 'completed' ? 2 : status === 'in_progress' ? 1 : 0,
  };
}
