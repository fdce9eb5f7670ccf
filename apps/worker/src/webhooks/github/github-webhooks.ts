import type { ClaimedWebhook, WebhookOutcome } from '@app/domain';
import { readGithubPayload } from '@app/github';
import { Injectable } from '@nestjs/common';
import { ignored, PROCESSED, WebhookSource } from '../webhook-source';
import { type GithubEvent, GithubEventHandlers } from './github-event-handler';

/** What GitHub tells: handed to whoever wants to hear it, one after the other. */
@Injectable()
export class GithubWebhooks extends WebhookSource {
  readonly source = 'github';

  constructor(private readonly handlers: GithubEventHandlers) {
    super();
  }

  async apply(delivery: ClaimedWebhook): Promise<WebhookOutcome> {
    const handlers = this.handlers.of(delivery.eventType);
    if (handlers.length === 0) return ignored('nothing here listens to this event');
    const event = eventOf(delivery);
    if (!event) return ignored('this is no event');
    const outcomes: WebhookOutcome[] = [];
    for (const handler of handlers) outcomes.push(await handler.apply(event));
    const notes = outcomes.flatMap(({ note }) => note ?? []);
    return { ...(outcomes.some(({ status }) => status === 'processed') ? PROCESSED : ignored()), ...(notes.length > 0 ? { note: notes.join('; ') } : {}) };
  }
}

function eventOf({ eventType, deliveryId, rawBody }: ClaimedWebhook): GithubEvent | null {
  const payload = readGithubPayload(rawBody);
  return payload && { name: eventType, action: payload.text('action'), payload, deliveryId, installationId: payload.id('installation', 'id'), repositoryId: payload.id('repository', 'id') };
}
