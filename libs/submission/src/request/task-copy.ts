import { creditsFromMicros } from '@app/common';
import type { TaskView } from '@app/domain';
import type { TaskRequest } from './task-request';

/** Options that concern one publication of one task. */
const NOT_COPIED: readonly string[] = ['timeoutSeconds', 'pullRequestTitle', 'pullRequestBody'];

/** A task as it would be asked for again. */
export function copyOf(task: TaskView): TaskRequest {
  const { prompt, repositoryId, mode, title, description, branch, targetBranch, requestedModel: model, apiKeyId, priority, tags, metadata, maxCreditsMicro, candidates } = task;
  const { timeoutSeconds } = task.options;
  return {
    prompt, repositoryId, mode, title, description: description ?? undefined, branch, targetBranch, model, apiKeyId, priority, tags, metadata: metadata as Record<string, string>,
    maxCredits: maxCreditsMicro === null ? undefined : creditsFromMicros(maxCreditsMicro),
    timeoutSeconds: typeof timeoutSeconds === 'number' ? timeoutSeconds : undefined,
    candidates: candidates ?? undefined,
    options: Object.fromEntries(Object.entries(task.options).filter(([name]) => !NOT_COPIED.includes(name))),
  };
}

/** The copy with the given fields in place of its own. Branches are not copied into another repository. */
export function forkOf(task: TaskView, given: Partial<TaskRequest>): TaskRequest {
  const copy = copyOf(task);
  const isElsewhere = typeof given.repositoryId === 'string' && given.repositoryId.toLowerCase() !== task.repositoryId;
  const own = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  return { ...copy, ...(isElsewhere ? { branch: undefined, targetBranch: undefined } : {}), ...own, options: { ...copy.options, ...given.options } };
}
