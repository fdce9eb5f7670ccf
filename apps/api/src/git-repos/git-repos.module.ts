import { BillingModule } from '@app/billing';
import { MessagingModule } from '@app/messaging';
import { Module } from '@nestjs/common';
import { DatabaseModule } from '../database.module';
import { Disconnection } from './disconnection';
import { GithubDirectory } from './github-directory';
import { RepositoriesController } from './repositories.controller';
import { RepositoriesService } from './repositories.service';
import { RepositoryViews } from './repository-views';

@Module({
  imports: [DatabaseModule, BillingModule, MessagingModule.forProducer()],
  controllers: [RepositoriesController],
  providers: [Disconnection, GithubDirectory, RepositoriesService, RepositoryViews],
})
export class GitReposModule {}
