import { Module } from '@nestjs/common';
import { GithubApp } from './github-app';
import { GithubPullRequests } from './github-pull-request';
import { GithubRepos } from './github-repo';

/** GitHub. Needs `AppConfig` from a global module; without an App in the settings, calls say integration_not_configured. */
@Module({ providers: [GithubApp, GithubPullRequests, GithubRepos], exports: [GithubApp, GithubPullRequests, GithubRepos] })
export class GithubModule {}
