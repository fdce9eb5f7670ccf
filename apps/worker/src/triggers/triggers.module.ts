import { GithubModule } from '@app/github';
import { Module, type DynamicModule, type ModuleMetadata } from '@nestjs/common';
import { AutomationSweeper } from './automation.sweeper';
import { BotName } from './bot-name';
import { CheckLooks } from './check-look';
import { CheckStarts, CheckTriggerHandler } from './check-trigger.handler';
import { CheckNewsTeller, CheckWatchRows, CheckWatchSweeper } from './check-watch.sweeper';
import { CommentFollowUps, FollowUpStores } from './comment-follow-ups';
import { CommentTriggerHandler } from './comment-trigger.handler';
import { IssueTriggerHandler } from './issue-trigger.handler';
import { PullTriggerHandler } from './pull-trigger.handler';
import { AskedChecks, CheckedTasks, RerunTriggerHandler, TaskReruns } from './rerun-trigger.handler';
import { TriggerFinds } from './trigger-finds';
import { TriggerGate } from './trigger-gate';
import { TriggerReplies } from './trigger-replies';
import { TriggerRetentionSweeper } from './trigger-retention.sweeper';
import { TriggerStarts } from './trigger-starts';

/** What hears GitHub's events. A new one: its class here. */
export const TRIGGER_HANDLERS = [IssueTriggerHandler, CommentTriggerHandler, PullTriggerHandler, CheckTriggerHandler, RerunTriggerHandler];
/** What time does. */
export const TRIGGER_SWEEPERS = [AutomationSweeper, CheckWatchSweeper, TriggerRetentionSweeper];

const PARTS = [AskedChecks, BotName, CheckedTasks, CheckLooks, CheckNewsTeller, CheckStarts, CheckWatchRows, CommentFollowUps, FollowUpStores, TaskReruns, TriggerFinds, TriggerGate, TriggerReplies, TriggerStarts];
const ALL = [...PARTS, ...TRIGGER_HANDLERS, ...TRIGGER_SWEEPERS];

/** Tasks that start themselves. */
@Module({})
export class TriggersModule {
  /** @param imports the worker's database and its submission module */
  static with(imports: NonNullable<ModuleMetadata['imports']>): DynamicModule {
    return { module: TriggersModule, imports: [GithubModule, ...imports], providers: ALL, exports: ALL };
  }
}
