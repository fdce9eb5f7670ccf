import { Module } from '@nestjs/common';
import { GithubCheckLogs } from './checks/check-logs';
import { GithubChecks } from './checks/github-checks';
import { GithubCollaborators } from './collaborators';
import { GithubApp } from './github-app';
import { GithubBranches } from './github-branches';
import { GithubPullRequests } from './github-pull-request';
import { GithubRepos } from './github-repo';
import { GithubIssues } from './issues/github-issues';
import { GithubPullRequestActions } from './pull-requests/github-pull-request-actions';
import { GithubInstallations } from './installations/github-installations';
import { GithubOauth } from './oauth/github-oauth';
import { GithubPeople } from './oauth/github-people';
import { GithubComments } from './reviews/github-comments';
import { GithubReviews } from './reviews/github-reviews';
import { GithubThreads } from './reviews/github-threads';
import { GithubHookDeliveries } from './webhooks/hook-deliveries';

const PEOPLE = [GithubCollaborators, GithubInstallations, GithubOauth, GithubPeople];
const TRIGGERS = [GithubCheckLogs, GithubHookDeliveries, GithubIssues];
const REVIEWS = [GithubChecks, GithubComments, GithubReviews, GithubThreads];

/** GitHub. Needs `AppConfig` from a global module; without an App in the settings, calls say integration_not_configured. */
@Module({ providers: [GithubApp, GithubBranches, GithubPullRequestActions, GithubPullRequests, GithubRepos, ...PEOPLE, ...REVIEWS, ...TRIGGERS], exports: [GithubApp, GithubBranches, GithubPullRequestActions, GithubPullRequests, GithubRepos, ...PEOPLE, ...REVIEWS, ...TRIGGERS] })
export class GithubModule {}
