import { Module } from '@nestjs/common';
import { DatabaseModule } from '../database.module';
import { RepositoryAccessModule } from '../git-repos/access/repository-access.module';
import { FindingsController } from './findings.controller';
import { Findings } from './findings.service';

@Module({ imports: [DatabaseModule, RepositoryAccessModule], controllers: [FindingsController], providers: [Findings] })
export class FindingsModule {}
