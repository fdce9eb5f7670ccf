import type { Provider, Type } from '@nestjs/common';
import { TRIGGER_HANDLERS } from '../../triggers/triggers.module';
import { type GithubEventHandler, GithubEventHandlers } from './github-event-handler';

/** Who hears GitHub's events, in this order: first what mirrors GitHub into our rows, then what acts on those. A new one: its class here. */
const HANDLERS: Type<GithubEventHandler>[] = [];

export const GITHUB_EVENT_HANDLERS: Provider[] = [
  ...HANDLERS,
  // A test of what mirrors alone has no triggers.
  {
    provide: GithubEventHandlers, inject: [...HANDLERS, ...TRIGGER_HANDLERS.map((token) => ({ token, optional: true }))],
    useFactory: (...handlers: (GithubEventHandler | undefined)[]) => new GithubEventHandlers(handlers.filter((one) => one !== undefined)),
  },
];
