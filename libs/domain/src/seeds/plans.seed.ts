import type { PackageSeed, PlanSeed } from './seed-types';

/** What a month costs (US cents), brings and allows; null is unlimited: for logs, as long as the platform keeps them. */
export const PLANS: readonly PlanSeed[] = [
  {
    name: 'free', displayName: 'Free', tier: 'free', priceMinor: 0n, credits: '100', maxRepositories: 3, maxTasksPerDay: 5,
    maxConcurrentTasks: 1, maxMembers: 1, logRetentionDays: 30, queueWeight: 1, overagePriceMinor: null, sortOrder: 10,
  },
  {
    name: 'pro', displayName: 'Pro', tier: 'pro', priceMinor: 2000n, credits: '1000', maxRepositories: 25, maxTasksPerDay: 50,
    maxConcurrentTasks: 5, maxMembers: 5, logRetentionDays: 90, queueWeight: 2, overagePriceMinor: 3, sortOrder: 20,
  },
  {
    name: 'enterprise', displayName: 'Enterprise', tier: 'enterprise', priceMinor: 10000n, credits: '10000', maxRepositories: null, maxTasksPerDay: null,
    maxConcurrentTasks: 25, maxMembers: null, logRetentionDays: null, queueWeight: 4, overagePriceMinor: 2, sortOrder: 30,
  },
];

/** Credits on sale. */
export const PACKAGES: readonly PackageSeed[] = [
  { name: 'starter', displayName: 'Starter', credits: '100', priceMinor: 500n, sortOrder: 10 },
  { name: 'developer', displayName: 'Developer', credits: '500', priceMinor: 2000n, sortOrder: 20 },
  { name: 'professional', displayName: 'Professional', credits: '1000', priceMinor: 3500n, sortOrder: 30 },
  { name: 'enterprise', displayName: 'Enterprise', credits: '5000', priceMinor: 15000n, sortOrder: 40 },
];
