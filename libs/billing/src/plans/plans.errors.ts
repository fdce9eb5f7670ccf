import { AppError, declareError } from '@app/common';

export const PLAN_LIMIT_TASKS_PER_DAY = declareError('plan_limit_tasks_per_day', 429, 'The plan allows no more tasks today');
export const PLAN_LIMIT_REPOSITORIES = declareError('plan_limit_repositories', 429, 'The plan allows no more repositories');
export const PLAN_LIMIT_MEMBERS = declareError('plan_limit_members', 429, 'The plan allows no more members');
export const SUBSCRIPTION_EXISTS = declareError('subscription_exists', 409, 'There is a subscription');
export const PLAN_LIMIT_MODEL = declareError('plan_limit_model', 403, 'The plan does not include this model');

/** `retryAfterSeconds`: until the day ends by UTC. */
export function tasksPerDayReached(limit: number, plan: string, retryAfterSeconds: number): AppError {
  return new AppError(PLAN_LIMIT_TASKS_PER_DAY, `The plan ${plan} allows ${limit} tasks a day (UTC); wait for tomorrow or change the plan.`, {
    members: { limit }, headers: { 'Retry-After': String(retryAfterSeconds) },
  });
}

export function repositoriesReached(limit: number, plan: string): AppError {
  return new AppError(PLAN_LIMIT_REPOSITORIES, `The plan ${plan} allows ${limit} connected repositories; disconnect one or change the plan.`, { members: { limit } });
}

export function membersReached(limit: number, plan: string): AppError {
  return new AppError(PLAN_LIMIT_MEMBERS, `The plan ${plan} allows ${limit} members; change the plan to invite more.`, { members: { limit } });
}

export function modelNotInPlan(plan: string, neededTier: string): AppError {
  return new AppError(PLAN_LIMIT_MODEL, `The plan ${plan} does not include this model; it needs ${neededTier}.`, { members: { neededTier } });
}
