import { Module } from '@nestjs/common';
import { DatabaseModule } from '../database.module';
import { AnalyticsExportController } from './analytics-export.controller';
import { AnalyticsLines } from './analytics-lines';
import { AnalyticsController } from './analytics.controller';
import { AnalyticsService } from './analytics.service';

@Module({ imports: [DatabaseModule], controllers: [AnalyticsController, AnalyticsExportController], providers: [AnalyticsLines, AnalyticsService] })
export class AnalyticsModule {}
