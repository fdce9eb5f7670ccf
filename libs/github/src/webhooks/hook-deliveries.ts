import { Injectable } from '@nestjs/common';
import { GithubApp } from '../github-app';
import { statusOf } from '../github.errors';

/** One try of a delivery of the App's webhook; several share a GUID. */
export interface HookDelivery {
  readonly id: string;
  readonly guid: string;
  readonly deliveredAt: Date;
}

export interface HookDeliveryPage {
  /** Newest first. */
  readonly deliveries: readonly HookDelivery[];
  /** Where the older ones begin; null: there are none. */
  readonly next: string | null;
}

const MOST = 100;

/** What GitHub sent to our webhook in the last three days, and how to have it sent again. Errors are those of `githubError`. */
@Injectable()
export class GithubHookDeliveries {
  constructor(private readonly app: GithubApp) {}

  /** A page of tries; null when GitHub does not know the cursor any more. */
  async list(cursor: string | null): Promise<HookDeliveryPage | null> {
    return this.app.asApp('list webhook deliveries', async (octokit) => {
      try {
        const { data, headers } = await octokit.request('GET /app/hook/deliveries', { per_page: MOST, ...(cursor === null ? {} : { cursor }) });
        return { deliveries: data.map(({ id, guid, delivered_at: at }) => ({ id: String(id), guid, deliveredAt: new Date(at) })), next: cursorIn(headers.link) };
      } catch (error) {
        if (cursor !== null && [400, 422].includes(statusOf(error) ?? 0)) return null;
        throw error;
      }
    });
  }

  /** Has a delivery sent again, under the same GUID. */
  async redeliver(id: string): Promise<void> {
    // Octokit's types want a number, which ids pass; in a path it is text anyway.
    await this.app.asApp('have a webhook delivered again', (octokit) => octokit.request('POST /app/hook/deliveries/{delivery_id}/attempts', { delivery_id: id as unknown as number }));
  }
}

function cursorIn(link: string | undefined): string | null {
  const next = /<([^>]+)>;\s*rel="next"/.exec(link ?? '')?.[1];
  return next === undefined ? null : new URL(next).searchParams.get('cursor');
}
