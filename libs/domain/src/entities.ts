import { CreditStatMark } from './analytics/credit-stat-mark.entity';
import { CreditStat } from './analytics/credit-stat.entity';
import { ModelUsageRedo } from './analytics/model-usage-redo.entity';
import { UnfoldedUsage } from './analytics/unfolded-usage.entity';
import { UsageStatTask } from './analytics/usage-stat-task.entity';
import { UsageStat } from './analytics/usage-stat.entity';
import { ApiKeyProvider } from './api-keys/api-key-provider.entity';
import { ApiKey } from './api-keys/api-key.entity';
import { AuditLog } from './audit/audit-log.entity';
import { AutomationRun } from './automations/automation-run.entity';
import { Automation } from './automations/automation.entity';
import { CheckWatch } from './automations/check-watch.entity';
import { BudgetPeriod } from './billing/budget-period.entity';
import { Budget } from './billing/budget.entity';
import { CreditAccount } from './billing/credit-account.entity';
import { CreditEntry } from './billing/credit-entry.entity';
import { CreditGrant } from './billing/credit-grant.entity';
import { CreditHold } from './billing/credit-hold.entity';
import { CreditPackage } from './billing/credit-package.entity';
import { CreditPurchase } from './billing/credit-purchase.entity';
import { CreditTransaction } from './billing/credit-transaction.entity';
import { OverageReport } from './billing/overage-report.entity';
import { SubscriptionInvoice } from './billing/subscription-invoice.entity';
import { SubscriptionPlan } from './billing/subscription-plan.entity';
import { SubscriptionUsage } from './billing/subscription-usage.entity';
import { Subscription } from './billing/subscription.entity';
import { CommitCheck } from './git-repos/commit-check.entity';
import { GitRepo } from './git-repos/git-repo.entity';
import { GithubConnection } from './git-repos/github-connection.entity';
import { GithubInstallation } from './git-repos/github-installation.entity';
import { GithubLane } from './git-repos/github-lane.entity';
import { RepositoryCredential } from './git-repos/repository-credential.entity';
import { RepositorySecret } from './git-repos/repository-secret.entity';
import { RepositoryWebhook } from './git-repos/repository-webhook.entity';
import { UserRepositoryAccess } from './git-repos/user-repository-access.entity';
import { IdempotencyKey } from './idempotency/idempotency-key.entity';
import { AiModelPrice } from './models/ai-model-price.entity';
import { AiModel } from './models/ai-model.entity';
import { AiProviderConfig } from './models/ai-provider-config.entity';
import { OrganizationInvitation } from './organizations/organization-invitation.entity';
import { OrganizationMember } from './organizations/organization-member.entity';
import { Organization } from './organizations/organization.entity';
import { PullRequestComment } from './pull-requests/pull-request-comment.entity';
import { PullRequestReview } from './pull-requests/pull-request-review.entity';
import { PullRequest } from './pull-requests/pull-request.entity';
import { ReviewFinding } from './pull-requests/review-finding.entity';
import { OauthState } from './sessions/oauth-state.entity';
import { RefreshToken } from './sessions/refresh-token.entity';
import { UserSession } from './sessions/user-session.entity';
import { StoredBlob } from './tasks/stored-blob.entity';
import { StoredObject } from './tasks/stored-object.entity';
import { TaskAnalytics } from './tasks/task-analytics.entity';
import { TaskAttempt } from './tasks/task-attempt.entity';
import { TaskCounters } from './tasks/task-counters.entity';
import { TaskEffect } from './tasks/task-effect.entity';
import { TaskEvent } from './tasks/task-event.entity';
import { TaskLog } from './tasks/task-log.entity';
import { TaskMessage } from './tasks/task-message.entity';
import { TaskResult } from './tasks/task-result.entity';
import { Task } from './tasks/task.entity';
import { DataKey } from './tokens/data-key.entity';
import { PersonalAccessToken } from './tokens/personal-access-token.entity';
import { ApiKeyUsageLog } from './usage/api-key-usage-log.entity';
import { ModelUsageStat } from './usage/model-usage-stat.entity';
import { GrantedAddress } from './users/granted-address.entity';
import { User } from './users/user.entity';
import { WebhookEndpointDelivery } from './webhook-endpoints/webhook-endpoint-delivery.entity';
import { WebhookEndpoint } from './webhook-endpoints/webhook-endpoint.entity';
import { WebhookDelivery } from './webhooks/webhook-delivery.entity';
import { WebhookRedelivery } from './webhooks/webhook-redelivery.entity';
import { WebhookSweep } from './webhooks/webhook-sweep.entity';

/** Every entity, one per table. Listed by hand: a forgotten one is seen in review. */
export const entities = [
  User,
  GrantedAddress,
  Organization,
  OrganizationMember,
  OrganizationInvitation,
  UserSession,
  RefreshToken,
  OauthState,
  PersonalAccessToken,
  DataKey,
  GithubConnection,
  GithubInstallation,
  GithubLane,
  GitRepo,
  RepositorySecret,
  RepositoryCredential,
  UserRepositoryAccess,
  RepositoryWebhook,
  AiProviderConfig,
  AiModel,
  AiModelPrice,
  ApiKeyProvider,
  ApiKey,
  Task,
  StoredBlob,
  StoredObject,
  TaskAttempt,
  TaskCounters,
  TaskEvent,
  TaskMessage,
  TaskResult,
  TaskEffect,
  TaskLog,
  TaskAnalytics,
  PullRequest,
  PullRequestReview,
  PullRequestComment,
  ReviewFinding,
  SubscriptionPlan,
  Subscription,
  SubscriptionInvoice,
  SubscriptionUsage,
  OverageReport,
  CreditPackage,
  CreditPurchase,
  CreditAccount,
  CreditGrant,
  CreditHold,
  CreditTransaction,
  CreditEntry,
  Budget,
  BudgetPeriod,
  ApiKeyUsageLog,
  ModelUsageStat,
  UsageStat,
  UsageStatTask,
  UnfoldedUsage,
  ModelUsageRedo,
  CreditStat,
  CreditStatMark,
  IdempotencyKey,
  WebhookDelivery,
  WebhookRedelivery,
  WebhookSweep,
  CommitCheck,
  WebhookEndpoint,
  WebhookEndpointDelivery,
  AuditLog,
  Automation,
  AutomationRun,
  CheckWatch,
] as const;
