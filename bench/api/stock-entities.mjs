// The tables as entities with relations, as an application without our stores would declare them.
import { EntitySchema } from 'typeorm';

const snake = (name) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
const SCHEMAS = [];

function entity(name, tableName, { id = ['id'], columns, relations = {} }) {
  class Target {}
  Object.defineProperty(Target, 'name', { value: name });
  const column = ([property, type]) => [property, { name: snake(property), type, primary: id.includes(property), nullable: true, ...(type === 'text[]' ? { type: 'text', array: true } : {}), ...DEFAULTS[property]?.(type) }];
  SCHEMAS.push(new EntitySchema({ name, target: Target, tableName, columns: Object.fromEntries(Object.entries(columns).map(column)), relations }));
  return Target;
}

const DEFAULTS = { createdAt: () => ({ createDate: true }), updatedAt: () => ({ updateDate: true }) };
const of = (type, names) => Object.fromEntries(names.split(' ').map((name) => [name, type]));
const one = (target, joined) => ({ type: 'many-to-one', target, joinColumn: { name: joined } });

export const User = entity('User', 'users', { columns: { ...of('uuid', 'id defaultOrganizationId'), ...of('text', 'email username status role'), tokenVersion: 'integer' } });
export const Organization = entity('Organization', 'organizations', { columns: { id: 'uuid', ...of('text', 'name slug status') } });
export const Member = entity('Member', 'organization_members', { id: ['organizationId', 'userId'], columns: { ...of('uuid', 'organizationId userId'), role: 'text' }, relations: { organization: one('Organization', 'organization_id') } });
export const Session = entity('Session', 'user_sessions', { columns: { ...of('uuid', 'id userId'), ...of('timestamptz', 'expiresAt revokedAt') }, relations: { user: one('User', 'user_id') } });
export const Repository = entity('Repository', 'repositories', { columns: { ...of('uuid', 'id organizationId'), ...of('text', 'name fullName defaultBranch url cloneUrl status description') } });
export const Model = entity('Model', 'ai_models', { columns: { id: 'uuid', name: 'text', ...of('boolean', 'isDefault isActive') } });
export const Plan = entity('Plan', 'subscription_plans', { columns: { id: 'uuid', name: 'text', maxTasksPerDay: 'integer' } });
export const Subscription = entity('Subscription', 'subscriptions', { columns: { ...of('uuid', 'id organizationId planId'), status: 'text' }, relations: { plan: one('Plan', 'plan_id') } });
export const Account = entity('Account', 'credit_accounts', { id: ['organizationId'], columns: { organizationId: 'uuid', ...of('bigint', 'availableMicro debtMicro') } });
export const Counters = entity('Counters', 'task_counters', {
  id: ['taskId'],
  columns: { taskId: 'uuid', ...of('bigint', 'lastEventSeq lastLogSeq lastMessageSeq creditsUsedMicro creditsHeldMicro costNusd inputTokens cacheReadTokens cacheWriteTokens outputTokens reasoningTokens'), modelCalls: 'integer' },
});
export const PullRequest = entity('PullRequest', 'pull_requests', { columns: { ...of('uuid', 'id repositoryId taskId'), ...of('text', 'title url status sourceBranch targetBranch'), prNumber: 'integer', createdAt: 'timestamptz' } });
export const Attempt = entity('Attempt', 'task_attempts', {
  columns: { ...of('uuid', 'id taskId aiModelId'), number: 'smallint', ...of('text', 'cause status stage workerId errorCode errorMessage'), ...of('timestamptz', 'availableAt startedAt finishedAt createdAt') },
});
export const Event = entity('Event', 'task_events', { id: ['taskId', 'seq'], columns: { taskId: 'uuid', seq: 'bigint', attemptId: 'uuid', type: 'text', data: 'jsonb', createdAt: 'timestamptz' } });
export const Key = entity('Key', 'idempotency_keys', {
  id: ['scope', 'key'], columns: { ...of('text', 'scope key method path state'), requestHash: 'bytea', responseStatus: 'integer', responseBodyEnc: 'bytea', ...of('timestamptz', 'lockedUntil expiresAt createdAt') },
});
export const Task = entity('Task', 'tasks', {
  columns: {
    ...of('uuid', 'id organizationId userId repositoryId aiModelId apiKeyId parentTaskId forkedFromTaskId sourcePullRequestId chosenTaskId'), ...of('text', 'requestedModel mode title description prompt priority branch baseSha targetBranch workBranch source'),
    ...of('text', 'dedupeKey status statusReason planStatus verification errorCode errorMessage requestId'), ...of('jsonb', 'options metadata'), tags: 'text[]', ...of('integer', 'sourceIssueNumber rowVersion'),
    ...of('smallint', 'progress attemptCount failureCount maxAttempts candidates'), ...of('bigint', 'estimatedCreditsMicro maxCreditsMicro'),
    ...of('timestamptz', 'scheduledAt queuedAt startedAt completedAt deadlineAt cancelRequestedAt pauseRequestedAt archivedAt createdAt updatedAt'),
  },
  relations: {
    repository: one('Repository', 'repository_id'), user: one('User', 'user_id'), model: one('Model', 'ai_model_id'),
    counters: { type: 'one-to-one', target: 'Counters', joinColumn: { name: 'id', referencedColumnName: 'taskId' } },
  },
});

export const Audit = entity('Audit', 'audit_logs', { columns: { id: 'bigint', organizationId: 'uuid', ...of('text', 'actorType actorId action targetType targetId userAgent requestId'), changes: 'jsonb', ipAddress: 'inet' } });

export { SCHEMAS };
