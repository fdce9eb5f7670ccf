import { ClerkConfig } from './clerk.config';
import { CoreConfig } from './core.config';
import { EgressConfig } from './egress.config';
import { GithubConfig } from './github.config';
import { HttpConfig } from './http.config';
import { LaunchConfig } from './launch.config';
import { ModelsConfig } from './models.config';
import { StorageConfig } from './storage.config';
import { StripeConfig } from './stripe.config';
import { TelemetryConfig } from './telemetry.config';
import { WorkerConfig } from './worker.config';

/** One class per group of settings; each field is one environment variable. */
export const CONFIG_GROUPS = { core: CoreConfig, http: HttpConfig, worker: WorkerConfig, launch: LaunchConfig, egress: EgressConfig, github: GithubConfig, clerk: ClerkConfig, models: ModelsConfig, storage: StorageConfig, stripe: StripeConfig, telemetry: TelemetryConfig } as const;

/** All settings of the process, checked at boot. The only place that knows the environment. */
export abstract class AppConfig {
  abstract readonly core: CoreConfig;
  abstract readonly http: HttpConfig;
  abstract readonly worker: WorkerConfig;
  abstract readonly launch: LaunchConfig;
  abstract readonly egress: EgressConfig;
  abstract readonly github: GithubConfig;
  abstract readonly clerk: ClerkConfig;
  abstract readonly models: ModelsConfig;
  abstract readonly storage: StorageConfig;
  abstract readonly stripe: StripeConfig;
  abstract readonly telemetry: TelemetryConfig;
}
