import { BranchPush } from './branch-push';
import { CheckRunStep } from './check-run-step';
import { Forges } from './forges/forges';
import { GithubCalls, GithubForge } from './forges/github.forge';
import { PlainGitForge } from './forges/plain-git.forge';
import { PublishRecords, PublishStores } from './publish-records';
import { Publisher } from './publisher';
import { PullRequestStep } from './pull-request-step';

/** Providers of the publishing step. */
export const PUBLISHING = [BranchPush, CheckRunStep, Forges, GithubCalls, GithubForge, PlainGitForge, PublishRecords, PublishStores, Publisher, PullRequestStep];
