import { GithubModule } from '@app/github';
import { Module } from '@nestjs/common';
import { DatabaseModule } from '../database.module';
import { RepositoryAccessModule } from '../git-repos/access/repository-access.module';
import { submissionModule } from '../submission.module';
import { GithubDoors } from './github-doors';
import { PullRequestAccess } from './pull-request-access';
import { ActionRecords, PullRequestActions } from './pull-request-actions';
import { PullRequestActionsController } from './pull-request-actions.controller';
import { PullRequestLists } from './pull-request-lists';
import { PullRequestMirror } from './pull-request-mirror';
import { GithubReading, PullRequestReader, PullRequestRows } from './pull-request-reader';
import { GithubSpeech, PullRequestRemarks, SpeechRows } from './pull-request-remarks';
import { PullRequestRemarksController } from './pull-request-remarks.controller';
import { PullRequestsController } from './pull-requests.controller';
import { RepositoryPullRequestsController } from './repository-pull-requests.controller';
import { ReviewRequest } from './review-request';

@Module({
  imports: [DatabaseModule, GithubModule, RepositoryAccessModule, submissionModule],
  controllers: [PullRequestsController, RepositoryPullRequestsController, PullRequestActionsController, PullRequestRemarksController],
  providers: [
    ActionRecords, GithubDoors, GithubReading, GithubSpeech, PullRequestAccess, PullRequestActions, PullRequestLists, PullRequestMirror, PullRequestReader, PullRequestRemarks, PullRequestRows, ReviewRequest,
    SpeechRows,
  ],
})
export class PullRequestsModule {}
