import { Clock } from '@app/common';
import { type ClaimedWebhook, type Tx, WebhookInboxStore, type WebhookOutcome } from '@app/domain';
import { TaskEventBus } from '@app/messaging';
import { Injectable } from '@nestjs/common';
import { AccountErasure, type ErasedAccount, personFromClerk, ProviderSessions, type VouchedAccount, VouchedAccounts, type VouchedPerson } from '@app/accounts';
import { ignored, PROCESSED, WebhookSource } from '../webhook-source';
import { type ClerkEvent, idIn, readClerkEvent } from './clerk-event';

/** Their data must not come back by a delivery that was late. */
const ABOUT_THE_DELETED: WebhookOutcome = { status: 'ignored', note: 'the person was deleted', forget: true };

/** What Clerk tells of its people and their sessions. Its organizations are not ours: that news is kept and ignored. */
@Injectable()
export class ClerkWebhooks extends WebhookSource {
  readonly source = 'clerk';

  constructor(
    private readonly accounts: VouchedAccounts,
    private readonly erasure: AccountErasure,
    private readonly sessions: ProviderSessions,
    private readonly inbox: WebhookInboxStore,
    private readonly bus: TaskEventBus,
    private readonly clock: Clock,
  ) {
    super();
  }

  async apply(delivery: ClaimedWebhook): Promise<WebhookOutcome> {
    const event = readClerkEvent(delivery.rawBody, delivery.occurredAt ?? this.clock.now());
    if (!event) return ignored('this is no event');
    switch (event.type) {
      case 'user.created':
        return this.person(event, (person) => this.accounts.findOrOpen(person));
      case 'user.updated':
        return this.person(event, (person) => this.accounts.refresh(person));
      case 'user.deleted':
        return this.deleted(event);
      case 'session.created':
        return this.session(event, 'user_id', (tx, clerkId) => this.sessions.began(tx, clerkId, event.at));
      case 'session.ended':
      case 'session.removed':
      case 'session.revoked':
        return this.session(event, 'id', (tx, sessionId) => this.sessions.ended(tx, sessionId));
      default:
        return ignored();
    }
  }

  private async person(event: ClerkEvent, take: (person: VouchedPerson) => Promise<VouchedAccount>): Promise<WebhookOutcome> {
    const person = personFromClerk(event.data);
    if (!person) return ignored('the user cannot be read');
    const { outcome } = await take(person);
    return outcome === 'deleted' ? ABOUT_THE_DELETED : PROCESSED;
  }

  /** Also remembers the deletion for a `user.created` still on its way: this delivery's row does. */
  private async deleted(event: ClerkEvent): Promise<WebhookOutcome> {
    const clerkId = idIn(event.data, 'id');
    if (clerkId === null) return ignored('the user cannot be read');
    const erased = await this.accounts.serialized(clerkId, async (tx): Promise<ErasedAccount | null> => {
      const userId = await this.accounts.userOf(tx, clerkId);
      const account = userId === null ? null : await this.erasure.erase(tx, userId);
      await this.inbox.blank(tx, 'clerk', clerkId);
      return account;
    });
    for (const taskId of erased?.cancelledTaskIds ?? []) this.bus.publishNews(taskId);
    return PROCESSED;
  }

  private async session(event: ClerkEvent, field: string, write: (tx: Tx, id: string) => Promise<void>): Promise<WebhookOutcome> {
    const id = idIn(event.data, field);
    const clerkId = idIn(event.data, 'user_id');
    if (id === null || clerkId === null) return ignored('the session cannot be read');
    return this.accounts.serialized(clerkId, async (tx) => {
      if (await this.accounts.isGone(tx, clerkId)) return ABOUT_THE_DELETED;
      await write(tx, id);
      return PROCESSED;
    });
  }
}
