import type { WebhookOutcome } from '@app/domain';
import type { GithubPayload } from '@app/github';

/** A webhook of GitHub's. */
export interface GithubEvent {
  /** `X-GitHub-Event`: push, pull_request, … */
  readonly name: string;
  readonly action: string | null;
  readonly payload: GithubPayload;
  /** GitHub's id of the delivery, the same for each redelivery. */
  readonly deliveryId: string;
  /** GitHub's ids of what it is about, as text. */
  readonly installationId: string | null;
  readonly repositoryId: string | null;
}

/**
 * What some events of GitHub do here. Several may take one event: each is a step of its own, run in the order of the list, and the whole
 * list is run again when one of them fails. So each stands being called twice, late, and before the event that it builds on, and writes
 * only what is newer than what is there.
 */
export abstract class GithubEventHandler {
  /** Names of the events it wants. */
  abstract readonly events: readonly string[];

  /** Applies one event. An error means: try again later. */
  abstract apply(event: GithubEvent): Promise<WebhookOutcome>;
}

/** Every handler, by the event it wants. */
export class GithubEventHandlers {
  private readonly byEvent = new Map<string, GithubEventHandler[]>();

  constructor(handlers: readonly GithubEventHandler[]) {
    for (const handler of handlers) for (const event of handler.events) this.byEvent.set(event, [...(this.byEvent.get(event) ?? []), handler]);
  }

  of(event: string): readonly GithubEventHandler[] {
    return this.byEvent.get(event) ?? [];
  }
}
