import { BillingModule } from '@app/billing';
import { Module } from '@nestjs/common';
import { DatabaseModule } from '../database.module';
import { ApiKeysController } from './api-keys.controller';
import { ApiKeysService } from './api-keys.service';
import { KeyAdmission } from './key-admission';
import { KeyCatalogController } from './key-catalog.controller';
import { KeyProbe } from './key-probe';
import { KeyTestsController } from './key-tests.controller';
import { KeyTests } from './key-tests.service';
import { ProbeLog } from './probe-log';

/** The catalog comes first: its paths would else be read as ids. */
@Module({
  imports: [DatabaseModule, BillingModule],
  controllers: [KeyCatalogController, KeyTestsController, ApiKeysController],
  providers: [ApiKeysService, KeyAdmission, KeyProbe, KeyTests, ProbeLog],
  exports: [KeyAdmission, KeyProbe, ProbeLog],
})
export class ApiKeysModule {}
