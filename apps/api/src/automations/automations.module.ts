import { Module } from '@nestjs/common';
import { DatabaseModule } from '../database.module';
import { RepositoryAccessModule } from '../git-repos/access/repository-access.module';
import { submissionModule } from '../submission.module';
import { AutomationRulesCheck } from './automation-rules-check';
import { AutomationsController } from './automations.controller';
import { AutomationsService } from './automations.service';

/** Rules by which tasks start themselves; the worker runs them. */
@Module({ imports: [DatabaseModule, RepositoryAccessModule, submissionModule], controllers: [AutomationsController], providers: [AutomationRulesCheck, AutomationsService] })
export class AutomationsModule {}
