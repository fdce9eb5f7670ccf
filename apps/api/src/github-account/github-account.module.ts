import { GithubModule } from '@app/github';
import { MessagingModule } from '@app/messaging';
import { Module } from '@nestjs/common';
import { DatabaseModule } from '../database.module';
import { ConnectionRows } from './flow/connection-rows';
import { GithubConnecting } from './flow/github-connecting';
import { GithubDisconnecting } from './flow/github-disconnecting';
import { GithubFlow } from './flow/github-flow';
import { GithubLinks } from './flow/github-links';
import { GithubReturn } from './flow/github-return';
import { GithubAccountController } from './github-account.controller';
import { GithubAccount } from './github-account.service';
import { GithubClient } from './github-client';
import { GithubAuthController } from './github-auth.controller';
import { GithubUserTokensModule } from './github-user-tokens.module';

/** Connecting GitHub accounts, and installing the App. */
@Module({
  imports: [DatabaseModule, GithubModule, GithubUserTokensModule, MessagingModule.forProducer()],
  controllers: [GithubAuthController, GithubAccountController],
  providers: [ConnectionRows, GithubAccount, GithubClient, GithubConnecting, GithubDisconnecting, GithubFlow, GithubLinks, GithubReturn],
  exports: [GithubLinks],
})
export class GithubAccountModule {}
