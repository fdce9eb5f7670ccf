import { BillingModule } from '@app/billing';
import { GithubModule } from '@app/github';
import { MessagingModule } from '@app/messaging';
import { Module } from '@nestjs/common';
import { DatabaseModule } from '../database.module';
import { REPOSITORY_CREDENTIALS, RepositoryCredentialController } from './credential';
import { Disconnection } from './disconnection';
import { GithubDirectory } from './github-directory';
import { RepositoriesController } from './repositories.controller';
import { RepositoriesService } from './repositories.service';
import { RepositorySecrets } from './repository-secrets';
import { RepositorySecretsController } from './repository-secrets.controller';
import { RepositoryViews } from './repository-views';

@Module({
  imports: [DatabaseModule, BillingModule, GithubModule, MessagingModule.forProducer()],
  controllers: [RepositoryCredentialController, RepositoriesController, RepositorySecretsController],
  providers: [...REPOSITORY_CREDENTIALS, Disconnection, GithubDirectory, RepositoriesService, RepositorySecrets, RepositoryViews],
})
export class GitReposModule {}
