import { AppError, declareError } from '@app/common';
import type { TaskStatus } from './task-status';

export const TASK_NOT_CANCELLABLE = declareError('task_not_cancellable', 409, 'The task has ended');
export const TASK_NOT_RETRYABLE = declareError('task_not_retryable', 409, 'The task cannot be retried now');
export const TASK_NOT_EDITABLE = declareError('task_not_editable', 409, 'This cannot be changed any more');
export const TASK_NOT_PAUSABLE = declareError('task_not_pausable', 409, 'The task cannot be paused now');
export const TASK_NOT_RESUMABLE = declareError('task_not_resumable', 409, 'The task cannot go on now');
export const TASK_NOT_PUBLISHABLE = declareError('task_not_publishable', 409, 'There is nothing to publish now');
export const TASK_BUSY = declareError('task_busy', 409, 'Tasks are still running');
export const PLAN_NOT_WAITING = declareError('plan_not_waiting', 409, 'No plan waits for a decision');
export const INVALID_REF = declareError('invalid_ref', 422, 'This is not a usable branch, tag or commit');
export const INVALID_MODEL = declareError('invalid_model', 422, 'There is no such model');
export const MODEL_UNAVAILABLE = declareError('model_unavailable', 422, 'The model cannot be used now');

export function taskNotCancellable(status: TaskStatus): AppError {
  return new AppError(TASK_NOT_CANCELLABLE, `The task is ${status}; only a task that has not ended can be cancelled.`, { members: { taskStatus: status } });
}

export function taskNotRetryable(status: TaskStatus): AppError {
  return new AppError(TASK_NOT_RETRYABLE, `The task is ${status}; only a failed, timed out or cancelled task can be retried.`, { members: { taskStatus: status } });
}

export function taskNotEditable(status: TaskStatus, fields: readonly string[]): AppError {
  return new AppError(TASK_NOT_EDITABLE, `The task is ${status}; ${fields.join(', ')} cannot be changed together any more.`, { members: { taskStatus: status } });
}

export function taskNotPausable(status: TaskStatus): AppError {
  return new AppError(TASK_NOT_PAUSABLE, `The task is ${status}; only a waiting or running task can be paused.`, { members: { taskStatus: status } });
}

export function taskNotResumable(status: TaskStatus, why?: string): AppError {
  const hint = status === 'waiting_for_user' ? 'The agent waits for an answer; send it as a message.' : `The task is ${status}; only a paused one can go on.`;
  return new AppError(TASK_NOT_RESUMABLE, why ?? hint, { members: { taskStatus: status } });
}

export function taskNotPublishable(status: TaskStatus, why: string): AppError {
  return new AppError(TASK_NOT_PUBLISHABLE, why, { members: { taskStatus: status } });
}
