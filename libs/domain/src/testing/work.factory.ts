import { newId } from '@app/common';
import { GithubInstallation } from '../git-repos/github-installation.entity';
import { GitRepo } from '../git-repos/git-repo.entity';
import { AiModelPrice } from '../models/ai-model-price.entity';
import { AiModel } from '../models/ai-model.entity';
import { AiProviderConfig } from '../models/ai-provider-config.entity';
import { PullRequest } from '../pull-requests/pull-request.entity';
import { TaskAttempt } from '../tasks/task-attempt.entity';
import { TaskCounters } from '../tasks/task-counters.entity';
import { Task } from '../tasks/task.entity';
import { END_STATUSES, RUNNING_STATUSES, type AttemptStatus, type TaskStatus } from '../tasks/task-status';
import { insert, managerOf, unique, uniqueGithubId, type Db } from './insert';

export function anInstallation(db: Db, values: Partial<GithubInstallation> = {}): Promise<GithubInstallation> {
  return insert(db, GithubInstallation, {
    id: newId(), installationId: uniqueGithubId(), appId: '1', accountId: uniqueGithubId(), accountLogin: unique('account'), accountType: 'User', repositorySelection: 'all', ...values,
  });
}

export function aGitRepo(db: Db, values: Partial<GitRepo> & Pick<GitRepo, 'organizationId'>): Promise<GitRepo> {
  const name = unique('repo');
  return insert(db, GitRepo, {
    id: newId(), githubId: uniqueGithubId(), name, fullName: `acme/${name}`, url: `https://github.com/acme/${name}`, cloneUrl: `https://github.com/acme/${name}.git`, ...values,
  });
}

export interface PricedModel {
  model: AiModel;
  price: AiModelPrice;
}

/** A model at USD 2 / 10 per million tokens, in force since 2026, of a provider that is made if it is missing. */
export async function aModel(db: Db, values: Partial<AiModel> = {}, price: Partial<AiModelPrice> = {}): Promise<PricedModel> {
  const provider = values.provider ?? 'anthropic';
  const known = await managerOf(db).existsBy(AiProviderConfig, { provider });
  if (!known) await insert(db, AiProviderConfig, { id: newId(), provider, displayName: provider, apiStyle: 'anthropic' });
  const name = values.name ?? unique('model');
  const model = await insert(db, AiModel, {
    id: newId(), name, provider, providerModelId: name, displayName: name, contextWindow: 200_000, maxOutputTokens: 32_000, capabilities: { tools: true, streaming: true }, ...values,
  });
  return {
    model,
    price: await insert(db, AiModelPrice, {
      id: newId(), modelId: model.id, effectiveFrom: new Date('2026-01-01T00:00:00Z'), inputUmtok: 2_000_000n, outputUmtok: 10_000_000n,
      cacheReadUmtok: 200_000n, cacheWriteShortUmtok: 2_500_000n, cacheWriteLongUmtok: 4_000_000n, ...price,
    }),
  };
}

export interface TaskRow {
  task: Task;
  counters: TaskCounters;
}

export interface StartedTask extends TaskRow {
  attempt: TaskAttempt;
}

type TaskValues = Partial<Task> & Pick<Task, 'organizationId' | 'userId' | 'repositoryId'>;
type StartedValues = TaskValues & { status?: Exclude<TaskStatus, 'draft' | 'scheduled'> };

/** A task with its counters and no attempt yet: a draft unless stated. */
export async function aTaskRow(db: Db, values: TaskValues): Promise<TaskRow> {
  const id = values.id ?? newId();
  const status = values.status ?? 'draft';
  const completedAt = (END_STATUSES as readonly TaskStatus[]).includes(status) ? new Date() : null;
  const scheduledAt = status === 'scheduled' ? new Date(Date.now() + 3_600_000) : null;
  const task = await insert(db, Task, {
    id, title: 'Add a health check', prompt: 'Add a health check route.', branch: 'main', targetBranch: 'main', completedAt, scheduledAt, ...values, status,
  });
  return { task, counters: await insert(db, TaskCounters, { taskId: id }) };
}

/** A queued task with its counters and its newest attempt, which is in the state that fits the task's status. */
export function aTask(db: Db, values: StartedValues, attempt: Partial<TaskAttempt> = {}): Promise<StartedTask> {
  const status = values.status ?? 'queued';
  return managerOf(db).transaction(async (tx) => {
    const row = await aTaskRow(tx, { attemptCount: attempt.number ?? 1, queuedAt: new Date(), ...values, status });
    return { ...row, attempt: await anAttempt(tx, row.task.id, { status: attemptStatusOf(status), ...attempt }) };
  });
}

/** An attempt; a running one gets a worker and a lease of 15 s. */
export async function anAttempt(db: Db, taskId: string, values: Partial<TaskAttempt> = {}): Promise<TaskAttempt> {
  const status = values.status ?? 'queued';
  const lease = status === 'running' && { workerId: 'worker-1', fence: 1n, leaseExpiresAt: new Date(Date.now() + 15_000), heartbeatAt: new Date(), startedAt: new Date() };
  const finishedAt = status === 'queued' || status === 'running' ? null : new Date();
  return insert(db, TaskAttempt, { id: newId(), taskId, number: 1, finishedAt, ...lease, ...values, status });
}

function attemptStatusOf(status: TaskStatus): AttemptStatus {
  if ((RUNNING_STATUSES as readonly TaskStatus[]).includes(status)) return 'running';
  if (status === 'completed') return 'succeeded';
  if (status === 'failed' || status === 'cancelled' || status === 'timed_out') return status;
  return status === 'queued' ? 'queued' : 'suspended';
}

export function aPullRequest(db: Db, values: Partial<PullRequest> & Pick<PullRequest, 'repositoryId'>): Promise<PullRequest> {
  return insert(db, PullRequest, {
    id: newId(), githubPrId: uniqueGithubId(), prNumber: 1 + Math.floor(Number(uniqueGithubId()) % 2_000_000_000), title: 'Add a health check', sourceBranch: unique('branch'),
    targetBranch: 'main', status: 'open', url: 'https://github.com/acme/repo/pull/1', ...values,
  });
}
