import { AppConfig, Clock, Logger, SystemClock } from '@app/common';
import { type DynamicModule, Global, Module } from '@nestjs/common';
import { AuthModule } from './auth/auth.module';
import { HealthModule } from './health/health.module';
import { HttpModule } from './http/http.module';
import { ModelsModule } from './models/models.module';
import { OrganizationsModule } from './organizations/organizations.module';

/** Settings, log and clock: global, as everything needs them. */
@Global()
@Module({})
class ProcessModule {
  static with(config: AppConfig, logger: Logger): DynamicModule {
    const providers = [
      { provide: AppConfig, useValue: config },
      { provide: Logger, useValue: logger },
      { provide: Clock, useClass: SystemClock },
    ];
    return { module: ProcessModule, providers, exports: [AppConfig, Logger, Clock] };
  }
}

/** The API: one module per area. */
@Module({ imports: [HttpModule, AuthModule, HealthModule, OrganizationsModule, ModelsModule] })
export class AppModule {
  static with(config: AppConfig, logger: Logger): DynamicModule {
    return { module: AppModule, imports: [ProcessModule.with(config, logger)] };
  }
}
