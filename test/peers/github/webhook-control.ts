import type { GithubState } from './github-state';
import type { WebhookTrouble } from './webhooks';

interface Call {
  readonly state: GithubState;
  readonly body: unknown;
}

/** What tests ask of the webhook's sender, below /__peer/webhooks/. */
export const WEBHOOK_CONTROL: Readonly<Record<string, (call: Call) => unknown>> = {
  'POST /__peer/webhooks/trouble': ({ state, body }) => state.webhooks.trouble(body as WebhookTrouble),
  'POST /__peer/webhooks/release': ({ state, body }) => state.webhooks.release(body as { isShuffled?: boolean }),
  'POST /__peer/webhooks/emit': ({ state, body }) => emit(state, body as { event?: unknown; action?: string | null; payload?: Record<string, unknown> }),
  'POST /__peer/webhooks/settle': ({ state }) => state.webhooks.settle(),
};

function emit(state: GithubState, { event, action = null, payload = {} }: { event?: unknown; action?: string | null; payload?: Record<string, unknown> }): void {
  if (typeof event !== 'string') throw new Error('an event is { event, action?, payload? }');
  state.webhooks.emit(event, action, payload);
}
