import { MessagingModule } from '@app/messaging';
import { Module } from '@nestjs/common';
import { TerminusModule } from '@nestjs/terminus';
import { DatabaseModule } from '../database.module';
import { HealthChecks } from './health-checks';
import { HealthController } from './health.controller';
import { ProblemsController } from './problems.controller';
import { ProcessState } from './process-state';

@Module({
  imports: [DatabaseModule, MessagingModule.forProducer(), TerminusModule.forRoot({ logger: false })],
  controllers: [HealthController, ProblemsController],
  providers: [HealthChecks, ProcessState],
  exports: [ProcessState],
})
export class HealthModule {}
