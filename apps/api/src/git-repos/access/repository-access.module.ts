import { GithubModule } from '@app/github';
import { Module } from '@nestjs/common';
import { DatabaseModule } from '../../database.module';
import { GithubUserTokensModule } from '../../github-account/github-user-tokens.module';
import { GithubLevels } from './github-levels';
import { RepositoryAccess } from './repository-access';

/** For every area whose routes name a repository. */
@Module({ imports: [DatabaseModule, GithubModule, GithubUserTokensModule], providers: [GithubLevels, RepositoryAccess], exports: [RepositoryAccess] })
export class RepositoryAccessModule {}
