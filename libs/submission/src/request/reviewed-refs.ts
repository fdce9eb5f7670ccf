import { invalidField, type AppError } from '@app/common';
import type { Task } from '@app/domain';
import { checkRef } from './git-ref';
import type { TaskRequest } from './task-request';

type Refs = Pick<Task, 'branch' | 'targetBranch'>;

/** What a review looks at and what it compares that with. @throws {AppError} validation_failed, invalid_ref */
export function reviewedRefs(dto: Pick<TaskRequest, 'branch' | 'targetBranch' | 'sourcePullRequestNumber'>, defaultBranch: string): Refs {
  const { branch, sourcePullRequestNumber: number } = dto;
  if (number !== undefined && branch !== undefined) throw invalidField('/sourcePullRequestNumber', 'not_allowed', 'name a branch or the number of a pull request, not both');
  if (number === undefined && branch === undefined) throw invalidField('/branch', 'required', 'a review needs sourcePullRequestNumber, or the branch to look at');
  const refs = { branch: number === undefined ? checkRef('branch', branch ?? '') : headOf(number), targetBranch: checkRef('targetBranch', dto.targetBranch ?? defaultBranch) };
  checkApart(refs);
  return refs;
}

/** What a change of the task means for what it looks at. @throws {AppError} validation_failed */
export function reviewedChange(task: Refs & Pick<Task, 'mode'>, number: number | null | undefined): Partial<Pick<Task, 'branch'>> {
  const isNamed = typeof number === 'number';
  if (task.mode !== 'pr_review' && isNamed) throw onlyForReviews();
  const change = isNamed ? { branch: headOf(number) } : {};
  if (task.mode === 'pr_review') checkApart({ ...task, ...change });
  return change;
}

export function onlyForReviews(): AppError {
  return invalidField('/sourcePullRequestNumber', 'not_allowed', 'a pull request is what a task in mode pr_review looks at');
}

/** Where a forge keeps the head of a pull request. */
function headOf(number: number): string {
  return `pull/${number}/head`;
}

function checkApart({ branch, targetBranch }: Refs): void {
  if (branch === targetBranch) throw invalidField('/targetBranch', 'not_allowed', `there is nothing to review between ${branch} and itself`);
}
