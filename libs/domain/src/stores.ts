import type { Type } from '@nestjs/common';
import { CreditAnalyticsStore } from './analytics/credit-analytics.store';
import { CreditFold } from './analytics/credit-fold';
import { ModelAnalyticsStore } from './analytics/model-analytics.store';
import { SubscriptionUsageStore } from './analytics/subscription-usage.store';
import { TaskAnalyticsStore } from './analytics/task-analytics.store';
import { UsageAnalyticsStore } from './analytics/usage-analytics.store';
import { UsageFold } from './analytics/usage-fold';
import { ApiKeyProviderStore } from './api-keys/api-key-provider.store';
import { ApiKeyUsageStore } from './api-keys/api-key-usage.store';
import { ApiKeyVault } from './api-keys/api-key-vault';
import { ApiKeyStore } from './api-keys/api-key.store';
import { AuditLogStore } from './audit/audit-log.store';
import { AutomationRunStore } from './automations/automation-run.store';
import { AutomationStore } from './automations/automation.store';
import { CheckWatchStore } from './automations/check-watch.store';
import { TriggerSubjectStore } from './automations/trigger-subject.store';
import { PriceListStore } from './billing/price-list.store';
import { CommitCheckStore } from './git-repos/commit-check.store';
import { GitRepoMirrorStore } from './git-repos/git-repo-mirror.store';
import { GitRepoStore } from './git-repos/git-repo.store';
import { GithubConnectionStore } from './git-repos/github-connection.store';
import { GithubInstallationSyncStore } from './git-repos/github-installation-sync.store';
import { GithubLaneStore } from './git-repos/github-lane.store';
import { GithubInstallationStore } from './git-repos/github-installation.store';
import { InstallationMirrorStore } from './git-repos/installation-mirror.store';
import { OauthStateStore } from './git-repos/oauth-state.store';
import { RepositoryCredentialStore } from './git-repos/repository-credential.store';
import { RepositorySecretStore } from './git-repos/repository-secret.store';
import { UserRepositoryAccessStore } from './git-repos/user-repository-access.store';
import { DatabaseFigures } from './health/database-figures.store';
import { DatabaseHealthStore } from './health/database-health.store';
import { PlatformStatsStore } from './health/platform-stats.store';
import { AgentInstallStore } from './models/agent-install.store';
import { AiModelPriceStore } from './models/ai-model-price.store';
import { AiModelStore } from './models/ai-model.store';
import { AttemptModelStore } from './models/attempt-model.store';
import { OrganizationInvitationStore } from './organizations/organization-invitation.store';
import { OrganizationMemberStore } from './organizations/organization-member.store';
import { OrganizationRemoval } from './organizations/organization-removal';
import { OrganizationStore } from './organizations/organization.store';
import { PartitionStore } from './partitions/partition.store';
import { PullRequestCommentStore } from './pull-requests/pull-request-comment.store';
import { PullRequestReviewStore } from './pull-requests/pull-request-review.store';
import { PullRequestStore } from './pull-requests/pull-request.store';
import { ReviewHistory } from './pull-requests/review-finding-history.store';
import { ReviewFindingMoves } from './pull-requests/review-finding-moves.store';
import { ReviewFindingStore } from './pull-requests/review-finding.store';
import { DataKeyStore } from './secrets/data-key.store';
import { SealedSecrets } from './secrets/sealed-secrets';
import { SessionStore } from './sessions/session.store';
import { AttemptStore } from './tasks/attempt.store';
import { BlobStore } from './tasks/blob.store';
import { CandidateRounds } from './tasks/candidate-rounds';
import { CandidateSweeps } from './tasks/candidate-sweeps';
import { TaskAdminStore } from './tasks/task-admin.store';
import { TaskCandidateStore } from './tasks/task-candidate.store';
import { TaskCommands } from './tasks/task-commands';
import { TaskEffectStore } from './tasks/task-effect.store';
import { TaskEventStore } from './tasks/task-event.store';
import { TaskExportStore } from './tasks/task-export.store';
import { TaskForgeNews } from './tasks/task-forge-news';
import { TaskLifecycle } from './tasks/task-lifecycle';
import { TaskLogStore } from './tasks/task-log.store';
import { TaskMessageStore } from './tasks/task-message.store';
import { TaskMoves } from './tasks/task-moves';
import { TaskPlanStore } from './tasks/task-plan.store';
import { TaskResultStore } from './tasks/task-result.store';
import { TaskSweeps } from './tasks/task-sweeps';
import { TaskWithdrawal } from './tasks/task-withdrawal';
import { TaskStore } from './tasks/task.store';
import { PersonalAccessTokenStore } from './tokens/personal-access-token.store';
import { ModelUsageStore } from './usage/model-usage.store';
import { UserAdminStore } from './users/user-admin.store';
import { UserStatsStore } from './users/user-stats.store';
import { UserStore } from './users/user.store';
import { WebhookInboxAdminStore } from './webhooks/webhook-inbox-admin.store';
import { WebhookInboxStore } from './webhooks/webhook-inbox.store';
import { WebhookSweepStore } from './webhooks/webhook-sweep.store';
import { DeliveryClaims } from './webhook-endpoints/delivery-claims';
import { EndpointDeliveryStore } from './webhook-endpoints/endpoint-delivery.store';
import { WebhookEndpointStore } from './webhook-endpoints/webhook-endpoint.store';

/** Every store of this lib; `DomainModule` provides and exports them. A new store is added here. */
export const STORES: Type<unknown>[] = [
  AgentInstallStore,
  AiModelPriceStore,
  AiModelStore,
  ApiKeyProviderStore,
  ApiKeyStore,
  ApiKeyUsageStore,
  ApiKeyVault,
  AttemptModelStore,
  AttemptStore,
  AuditLogStore,
  AutomationRunStore,
  AutomationStore,
  CheckWatchStore,
  TriggerSubjectStore,
  BlobStore,
  CandidateRounds,
  CandidateSweeps,
  CreditAnalyticsStore,
  CreditFold,
  DataKeyStore,
  DatabaseFigures,
  DatabaseHealthStore,
  DeliveryClaims,
  EndpointDeliveryStore,
  CommitCheckStore,
  GitRepoMirrorStore,
  GitRepoStore,
  InstallationMirrorStore,
  GithubConnectionStore,
  GithubInstallationStore,
  GithubInstallationSyncStore,
  GithubLaneStore,
  ModelAnalyticsStore,
  ModelUsageStore,
  OauthStateStore,
  OrganizationInvitationStore,
  OrganizationMemberStore,
  OrganizationRemoval,
  OrganizationStore,
  PartitionStore,
  PersonalAccessTokenStore,
  PlatformStatsStore,
  PriceListStore,
  PullRequestCommentStore,
  PullRequestReviewStore,
  PullRequestStore,
  RepositoryCredentialStore,
  RepositorySecretStore,
  ReviewFindingMoves,
  ReviewFindingStore,
  ReviewHistory,
  SealedSecrets,
  SessionStore,
  SubscriptionUsageStore,
  TaskAdminStore,
  TaskAnalyticsStore,
  TaskCandidateStore,
  TaskCommands,
  TaskEffectStore,
  TaskEventStore,
  TaskExportStore,
  TaskForgeNews,
  TaskLifecycle,
  TaskLogStore,
  TaskMessageStore,
  TaskMoves,
  TaskPlanStore,
  TaskResultStore,
  TaskStore,
  TaskSweeps,
  TaskWithdrawal,
  UsageAnalyticsStore,
  UsageFold,
  UserAdminStore,
  UserRepositoryAccessStore,
  UserStatsStore,
  UserStore,
  WebhookInboxAdminStore,
  WebhookInboxStore,
  WebhookSweepStore,
  WebhookEndpointStore,
];
