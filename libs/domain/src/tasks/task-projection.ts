import { creditsFromMicros, usdFromNano } from '@app/common';
import type { AttemptStage, AttemptStatus } from './task-status';
import type { TaskSummary } from './task-view';

function isoOrNull(time: Date | null): string | null {
  return time === null ? null : time.toISOString();
}

/** A task as everybody sees it, in answers of the API and in webhooks alike; without what lists leave out. */
export function taskSummaryJson(task: TaskSummary) {
  const { id, mode, title, description, status, statusReason, progress, priority, requestedModel, branch, baseSha, targetBranch, workBranch, tags } = task;
  const { sourcePullRequestNumber, planStatus, attemptCount, maxAttempts, source, sourceIssueNumber, parentTaskId, forkedFromTaskId, candidates, chosenTaskId, callbackUrl } = task;
  return {
    id, mode, title, description, status, statusReason, progress, priority,
    repository: { id: task.repositoryId, fullName: task.repositoryFullName },
    model: task.aiModelId === null || task.modelName === null ? null : { id: task.aiModelId, name: task.modelName },
    requestedModel, branch, baseSha, targetBranch, workBranch, sourcePullRequestNumber,
    pullRequest: pullRequestOf(task),
    verification: verificationOf(task),
    planStatus,
    attempt: attemptOf(task),
    attemptCount, maxAttempts,
    queue: task.queuePosition === null ? null : { position: task.queuePosition, estimatedStartAt: isoOrNull(task.queueAvailableAt) },
    source, sourceIssueNumber, parentTaskId, forkedFromTaskId, candidates, chosenTaskId,
    scheduledAt: isoOrNull(task.scheduledAt),
    deadlineAt: isoOrNull(task.deadlineAt),
    estimatedCredits: task.estimatedCreditsMicro === null ? null : creditsFromMicros(task.estimatedCreditsMicro),
    maxCredits: task.maxCreditsMicro === null ? null : creditsFromMicros(task.maxCreditsMicro),
    credits: creditsOf(task),
    usage: { ...tokensOf(task), costUsd: usdFromNano(task.costNusd) },
    error: task.errorCode === null ? null : { code: task.errorCode, message: task.errorMessage ?? '' },
    tags, callbackUrl,
    createdBy: { id: task.userId, username: task.createdByUsername },
    ...timesOf(task),
    links: linksOf(id),
  };
}

export type TaskSummaryJson = ReturnType<typeof taskSummaryJson>;

function pullRequestOf(task: TaskSummary): { id: string; number: number; url: string; status: string } | null {
  const { pullRequestId: id, pullRequestNumber: number, pullRequestUrl: url, pullRequestStatus: status } = task;
  return id === null || number === null ? null : { id, number, url: url ?? '', status: status ?? '' };
}

function verificationOf({ verification: status, checks }: TaskSummary) {
  if (status === null) return null;
  const shown = (checks ?? []).map(({ name, command, phase, exitCode, durationMs, status, alreadyFailing }) => ({ name, command, phase, exitCode, durationMs, status, alreadyFailing }));
  return { status, checks: shown };
}

function attemptOf(task: TaskSummary): { number: number; status: AttemptStatus; stage: AttemptStage; startedAt: string | null } | null {
  const { attemptNumber: number, attemptStatus: status, attemptStage: stage } = task;
  return number === null || status === null || stage === null ? null : { number, status, stage, startedAt: isoOrNull(task.attemptStartedAt) };
}

function creditsOf({ creditsUsedMicro: used, creditsHeldMicro: held }: TaskSummary) {
  return { used: creditsFromMicros(used), held: creditsFromMicros(held), usedMicros: Number(used), heldMicros: Number(held) };
}

function tokensOf(task: TaskSummary) {
  return {
    modelCalls: task.modelCalls,
    inputTokens: Number(task.inputTokens),
    cacheReadTokens: Number(task.cacheReadTokens),
    cacheWriteTokens: Number(task.cacheWriteTokens),
    outputTokens: Number(task.outputTokens),
    reasoningTokens: Number(task.reasoningTokens),
  };
}

function timesOf(task: TaskSummary) {
  return {
    cancelRequestedAt: isoOrNull(task.cancelRequestedAt),
    pauseRequestedAt: isoOrNull(task.pauseRequestedAt),
    archivedAt: isoOrNull(task.archivedAt),
    createdAt: task.createdAt.toISOString(),
    updatedAt: task.updatedAt.toISOString(),
    queuedAt: isoOrNull(task.queuedAt),
    startedAt: isoOrNull(task.startedAt),
    completedAt: isoOrNull(task.completedAt),
  };
}

function linksOf(id: string) {
  const self = `/api/v1/tasks/${id}`;
  return { self, events: `${self}/events`, logs: `${self}/logs`, results: `${self}/results` };
}
