import { GithubModule } from '@app/github';
import { Module } from '@nestjs/common';
import { DatabaseModule } from '../database.module';
import { GithubUserTokens } from './tokens/github-user-tokens';

/** People's tokens at GitHub, for those who ask GitHub in their name. */
@Module({ imports: [DatabaseModule, GithubModule], providers: [GithubUserTokens], exports: [GithubUserTokens] })
export class GithubUserTokensModule {}
