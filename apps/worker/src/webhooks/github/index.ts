import type { Provider, Type } from '@nestjs/common';
import { type GithubEventHandler, GithubEventHandlers } from './github-event-handler';

/** Who hears GitHub's events, in this order: first what mirrors GitHub into our rows, then what acts on those. A new one: its class here. */
const HANDLERS: Type<GithubEventHandler>[] = [];

export const GITHUB_EVENT_HANDLERS: Provider[] = [
  ...HANDLERS,
  { provide: GithubEventHandlers, inject: HANDLERS, useFactory: (...handlers: GithubEventHandler[]) => new GithubEventHandlers(handlers) },
];
