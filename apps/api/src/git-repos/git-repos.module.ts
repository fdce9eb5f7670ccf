import { BillingModule } from '@app/billing';
import { GithubModule } from '@app/github';
import { MessagingModule } from '@app/messaging';
import { Module } from '@nestjs/common';
import { DatabaseModule } from '../database.module';
import { GithubAccountModule } from '../github-account/github-account.module';
import { GithubUserTokensModule } from '../github-account/github-user-tokens.module';
import { RepositoryAccessModule } from './access/repository-access.module';
import { AvailableRepositories } from './available-repositories';
import { REPOSITORY_CREDENTIALS, RepositoryCredentialController } from './credential';
import { Disconnection } from './disconnection';
import { GithubDirectory } from './github-directory';
import { GithubRepositoriesController } from './github-repositories.controller';
import { OfferReader } from './offer-reader';
import { RepositoriesController } from './repositories.controller';
import { RepositoriesService } from './repositories.service';
import { RepositoryBranches } from './repository-branches';
import { RepositoryLinks } from './repository-links';
import { RepositorySecrets } from './repository-secrets';
import { RepositorySecretsController } from './repository-secrets.controller';
import { RepositorySync } from './repository-sync';
import { RepositoryViews } from './repository-views';

@Module({
  imports: [DatabaseModule, BillingModule, GithubModule, GithubAccountModule, GithubUserTokensModule, RepositoryAccessModule, MessagingModule.forProducer()],
  controllers: [RepositoryCredentialController, GithubRepositoriesController, RepositoriesController, RepositorySecretsController],
  providers: [...REPOSITORY_CREDENTIALS, AvailableRepositories, Disconnection, GithubDirectory, OfferReader, RepositoriesService, RepositoryBranches, RepositoryLinks, RepositorySecrets, RepositorySync, RepositoryViews],
})
export class GitReposModule {}
