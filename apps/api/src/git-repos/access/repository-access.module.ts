import { GithubModule } from '@app/github';
import { Module } from '@nestjs/common';
import { DatabaseModule } from '../../database.module';
import { RepositoryAccess } from './repository-access';

/** For every area whose routes name a repository. */
@Module({ imports: [DatabaseModule, GithubModule], providers: [RepositoryAccess], exports: [RepositoryAccess] })
export class RepositoryAccessModule {}
