import { Identity1764000000000 } from './1764000000000-identity';
import { Github1764000001000 } from './1764000001000-github';
import { Models1764000002000 } from './1764000002000-models';
import { Tasks1764000003000 } from './1764000003000-tasks';
import { PullRequests1764000004000 } from './1764000004000-pull-requests';
import { Billing1764000005000 } from './1764000005000-billing';
import { Ledger1764000006000 } from './1764000006000-ledger';
import { Usage1764000007000 } from './1764000007000-usage';
import { Plumbing1764000008000 } from './1764000008000-plumbing';
import { SessionTrust1764000011000 } from './1764000011000-session-trust';
import { ProviderSession1764000012000 } from './1764000012000-provider-session';
import { WebhookQueue1764000015000 } from './1764000015000-webhook-queue';
import { LastChecks1764000018000 } from './1764000018000-last-checks';
import { Routing1764000022000 } from './1764000022000-routing';
import { Candidates1764000026000 } from './1764000026000-candidates';
import { StoredObjects1764000031000 } from './1764000031000-stored-objects';
import { GithubAccess1764000034000 } from './1764000034000-github-access';
import { GithubNews1764000036000 } from './1764000036000-github-news';
import { PullRequestMirror1764000038000 } from './1764000038000-pull-request-mirror';
import { Automations1764000042000 } from './1764000042000-automations';
import { RepositoryCredentials1764000044000 } from './1764000044000-repository-credentials';
import { BudgetCounters1764000048000 } from './1764000048000-budget-counters';
import { QueueOrder1764000048100 } from './1764000048100-queue-order';
import { Analytics1764000050000 } from './1764000050000-analytics';
import { AnalyticsPast1764000050100 } from './1764000050100-analytics-past';
import { TaskTrace1764000052000 } from './1764000052000-task-trace';
import { EventPartitions1764000056000 } from './1764000056000-event-partitions';
import { ScaleIndexes1764000056100 } from './1764000056100-scale-indexes';
import { Overage1764000058000 } from './1764000058000-overage';
import { GrantMemory1764000058100 } from './1764000058100-grant-memory';
import { GithubLanes1764000060000 } from './1764000060000-github-lanes';
import { CapAlerts1764000062000 } from './1764000062000-cap-alerts';

/** Every migration in the order it runs. Listed by hand: a forgotten one is seen in review. */
export const migrations = [
  Identity1764000000000,
  Github1764000001000,
  Models1764000002000,
  Tasks1764000003000,
  PullRequests1764000004000,
  Billing1764000005000,
  Ledger1764000006000,
  Usage1764000007000,
  Plumbing1764000008000,
  SessionTrust1764000011000,
  ProviderSession1764000012000,
  WebhookQueue1764000015000,
  LastChecks1764000018000,
  Routing1764000022000,
  Candidates1764000026000,
  StoredObjects1764000031000,
  GithubAccess1764000034000,
  GithubNews1764000036000,
  PullRequestMirror1764000038000,
  Automations1764000042000,
  RepositoryCredentials1764000044000,
  BudgetCounters1764000048000,
  QueueOrder1764000048100,
  Analytics1764000050000,
  AnalyticsPast1764000050100,
  TaskTrace1764000052000,
  EventPartitions1764000056000,
  ScaleIndexes1764000056100,
  Overage1764000058000,
  GrantMemory1764000058100,
  GithubLanes1764000060000,
  CapAlerts1764000062000,
];
