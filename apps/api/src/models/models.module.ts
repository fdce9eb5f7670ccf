import { Module } from '@nestjs/common';
import { DatabaseModule } from '../database.module';
import { ModelsController } from './models.controller';
import { ModelsService } from './models.service';

@Module({ imports: [DatabaseModule], controllers: [ModelsController], providers: [ModelsService] })
export class ModelsModule {}
