import { BranchPush } from './branch-push';
import { PublishRecords, PublishStores } from './publish-records';
import { Publisher } from './publisher';
import { PullRequestStep } from './pull-request-step';

/** Providers of the publishing step. */
export const PUBLISHING = [BranchPush, PublishRecords, PublishStores, Publisher, PullRequestStep];
