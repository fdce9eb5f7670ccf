import { type AppConfig, type Logger, ProcessModule } from '@app/common';
import { TelemetryModule } from '@app/telemetry';
import { type DynamicModule, Module } from '@nestjs/common';
import { AnalyticsModule } from './analytics/analytics.module';
import { ApiKeysModule } from './api-keys/api-keys.module';
import { AdminModule } from './admin/admin.module';
import { AuthModule } from './auth/auth.module';
import { AutomationsModule } from './automations/automations.module';
import { BillingApiModule } from './billing/billing-api.module';
import { BudgetsModule } from './budgets/budgets.module';
import { GithubAccountModule } from './github-account/github-account.module';
import { SharedLanesModule } from './github-account/shared-lanes.module';
import { GitReposModule } from './git-repos/git-repos.module';
import { HealthModule } from './health/health.module';
import { HttpModule } from './http/http.module';
import { MetricsModule } from './http/metrics/metrics.module';
import { ModelsModule } from './models/models.module';
import { OrganizationsModule } from './organizations/organizations.module';
import { FindingsModule } from './findings/findings.module';
import { PullRequestsModule } from './pull-requests/pull-requests.module';
import { TasksModule } from './tasks/tasks.module';
import { UsersModule } from './users/users.module';
import { WebhookEndpointsModule } from './webhook-endpoints/webhook-endpoints.module';
import { WebhooksModule } from './webhooks/webhooks.module';

/** The API: one module per area. Routes are tried in this order, so the one that is called most comes first. */
@Module({ imports: [HttpModule, TasksModule, AuthModule, HealthModule, MetricsModule, UsersModule, OrganizationsModule, AdminModule, GitReposModule, PullRequestsModule, FindingsModule, GithubAccountModule, SharedLanesModule, ModelsModule, ApiKeysModule, BillingApiModule, BudgetsModule, AnalyticsModule, AutomationsModule, WebhookEndpointsModule, WebhooksModule] })
export class AppModule {
  static with(config: AppConfig, logger: Logger): DynamicModule {
    return { module: AppModule, imports: [ProcessModule.with(config, logger), TelemetryModule.for('api')] };
  }
}
