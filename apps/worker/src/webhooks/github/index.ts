import type { Provider, Type } from '@nestjs/common';
import { TRIGGER_HANDLERS } from '../../triggers/triggers.module';
import { AccessHandler } from './access.handler';
import { CheckHandler } from './check.handler';
import { ConversationHandler } from './conversation.handler';
import { type GithubEventHandler, GithubEventHandlers } from './github-event-handler';
import { GithubLook } from './github-look';
import { InstallationHandler } from './installation.handler';
import { PullRequestHandler } from './pull-request.handler';
import { PullRequestMirror } from './pull-request-mirror';
import { PushHandler } from './push.handler';
import { RepositoryHandler } from './repository.handler';
import { WithdrawnTasks } from './withdrawn-tasks';

/** Who hears GitHub's events, in this order: first what mirrors GitHub into our rows, then what acts on those. A new one: its class here. */
const HANDLERS: Type<GithubEventHandler>[] = [InstallationHandler, RepositoryHandler, PushHandler, PullRequestHandler, ConversationHandler, CheckHandler, AccessHandler];

export const GITHUB_EVENT_HANDLERS: Provider[] = [
  GithubLook,
  PullRequestMirror,
  WithdrawnTasks,
  ...HANDLERS,
  // A test of what mirrors alone has no triggers.
  {
    provide: GithubEventHandlers, inject: [...HANDLERS, ...TRIGGER_HANDLERS.map((token) => ({ token, optional: true }))],
    useFactory: (...handlers: (GithubEventHandler | undefined)[]) => new GithubEventHandlers(handlers.filter((one) => one !== undefined)),
  },
];
