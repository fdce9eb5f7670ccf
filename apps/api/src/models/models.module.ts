import { Module } from '@nestjs/common';
import { ApiKeysModule } from '../api-keys/api-keys.module';
import { DatabaseModule } from '../database.module';
import { submissionModule } from '../submission.module';
import { ModelTest } from './model-test.service';
import { ModelsController } from './models.controller';
import { ModelsService } from './models.service';

@Module({ imports: [DatabaseModule, ApiKeysModule, submissionModule], controllers: [ModelsController], providers: [ModelTest, ModelsService] })
export class ModelsModule {}
