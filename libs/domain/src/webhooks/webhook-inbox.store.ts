import { newId, sha256 } from '@app/common';
import { Injectable } from '@nestjs/common';
import { sqlChange, sqlRow, sqlRows, storableText } from '../sql';
import type { Tx } from '../unit-of-work';
import type { WebhookDelivery } from './webhook-delivery.entity';

export type WebhookSourceName = WebhookDelivery['source'];

/** A delivery whose signature holds. */
export interface IncomingDelivery {
  readonly source: WebhookSourceName;
  /** The sender's id of the delivery: the same at each of its tries. */
  readonly deliveryId: string;
  readonly eventType: string;
  readonly action?: string | null;
  readonly apiVersion?: string | null;
  readonly livemode?: boolean | null;
  readonly installationId?: string | null;
  /** What it is about: a user, a repository, a subscription; in the sender's words. */
  readonly subjectId: string | null;
  readonly occurredAt: Date | null;
  /** The bytes that were signed. */
  readonly rawBody: Buffer;
}

/**
 * `stored`: new, to be worked on · `revived`: seen before, and its work had failed: to be worked on again · `seen`: nothing is to be done,
 * for the delivery, or another with the same bytes, was here before.
 */
export interface ReceivedDelivery {
  readonly outcome: 'stored' | 'revived' | 'seen';
  /** Null only when it was seen. */
  readonly id: string | null;
}

/** A delivery in hand: whoever claims it next has a higher `attempts`, and this one's end then changes nothing. */
export type ClaimedWebhook = Pick<WebhookDelivery, 'id' | 'source' | 'deliveryId' | 'eventType' | 'subjectId' | 'rawBody' | 'attempts' | 'occurredAt'>;

/** How the work on a delivery ended. */
export interface WebhookOutcome {
  /** `ignored`: it says nothing to us. */
  readonly status: 'processed' | 'ignored';
  /** Why, for the staff. */
  readonly note?: string;
  /** Blanks the body: it is about somebody who was erased. */
  readonly forget?: boolean;
}

/** Tries before a delivery is given up. */
export const WEBHOOK_TRIES = 8;
/** For so long a claimed delivery is its worker's. */
const LEASE_SECONDS = 60;
/** Pause after the first failed try; each next one is four times as long, up to the longest. */
const FIRST_PAUSE_SECONDS = 5;
const LONGEST_PAUSE_SECONDS = 3_600;
/** A row that waits longer than this was not enqueued, or its job got lost. */
const STUCK_SECONDS = 5;

const RECEIVE = `
INSERT INTO webhook_deliveries (id, source, delivery_id, event_type, action, api_version, livemode, installation_id, subject_id, occurred_at, raw_body, body_sha256, status)
VALUES ($1, $2::text, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12::bytea,
        CASE WHEN EXISTS (SELECT 1 FROM webhook_deliveries WHERE source = $2::text AND body_sha256 = $12::bytea AND status <> 'dead') THEN 'ignored' ELSE 'received' END)
ON CONFLICT (source, delivery_id) DO NOTHING RETURNING status`;

const CLAIM = `
UPDATE webhook_deliveries SET attempts = attempts + 1, next_attempt_at = now() + make_interval(secs => ${LEASE_SECONDS})
 WHERE id = $1 AND status IN ('received','failed') AND next_attempt_at <= now() AND attempts < ${WEBHOOK_TRIES}
RETURNING id, source, delivery_id, event_type, subject_id, raw_body, attempts, occurred_at`;

/** Webhooks that came in: verified, stored, then worked on. A row is its own job. */
@Injectable()
export class WebhookInboxStore {
  /** Keeps a delivery, once. The same id again, or other bytes under it, change nothing, except that failed work is taken up again. */
  async receive(tx: Tx, delivery: IncomingDelivery): Promise<ReceivedDelivery> {
    const id = newId();
    const { source, deliveryId, eventType, action = null, apiVersion = null, livemode = null, installationId = null, subjectId, occurredAt, rawBody } = delivery;
    const row = await sqlRow<{ status: string }>(tx, RECEIVE, [id, source, deliveryId, eventType, action, apiVersion, livemode, installationId, subjectId, occurredAt, rawBody, sha256(rawBody)]);
    if (row) return row.status === 'received' ? { outcome: 'stored', id } : { outcome: 'seen', id };
    const again = await sqlRow<{ id: string }>(
      tx,
      `UPDATE webhook_deliveries SET status = 'received', next_attempt_at = now(), attempts = CASE WHEN status = 'dead' THEN 0 ELSE attempts END
        WHERE source = $1 AND delivery_id = $2 AND status IN ('failed','dead') RETURNING id`,
      [source, deliveryId],
    );
    return again ? { outcome: 'revived', id: again.id } : { outcome: 'seen', id: null };
  }

  /** Which of these ids were here before, whatever became of them. */
  async known(manager: Tx, source: WebhookSourceName, deliveryIds: readonly string[]): Promise<ReadonlySet<string>> {
    const rows = await sqlRows<{ deliveryId: string }>(manager, 'SELECT delivery_id FROM webhook_deliveries WHERE source = $1 AND delivery_id = ANY($2)', [source, deliveryIds]);
    return new Set(rows.map(({ deliveryId }) => deliveryId));
  }

  /** Takes a delivery that is due; null: it is not, it is done, or somebody else has it. */
  claim(tx: Tx, id: string): Promise<ClaimedWebhook | null> {
    return sqlRow<ClaimedWebhook>(tx, CLAIM, [id]);
  }

  /** Ends a claimed delivery; false: somebody else has claimed it meanwhile. */
  async finish(tx: Tx, { id, attempts }: ClaimedWebhook, { status, note, forget = false }: WebhookOutcome): Promise<boolean> {
    const changed = await sqlChange(
      tx,
      `UPDATE webhook_deliveries SET status = $3, processed_at = now(), last_error = $4, raw_body = CASE WHEN $5 THEN '' ELSE raw_body END WHERE id = $1 AND attempts = $2 AND status IN ('received','failed')`,
      [id, attempts, status, note === undefined ? null : storableText(note).slice(0, 4_000), forget],
    );
    return changed === 1;
  }

  /** Puts a claimed delivery off, or gives it up after the last try. */
  async fail(tx: Tx, { id, attempts }: ClaimedWebhook, error: string): Promise<'failed' | 'dead'> {
    const status = attempts >= WEBHOOK_TRIES ? 'dead' : 'failed';
    const pause = Math.min(FIRST_PAUSE_SECONDS * 4 ** (attempts - 1), LONGEST_PAUSE_SECONDS);
    await sqlChange(
      tx,
      `UPDATE webhook_deliveries SET status = $3, last_error = $4, next_attempt_at = now() + make_interval(secs => $5) WHERE id = $1 AND attempts = $2 AND status IN ('received','failed')`,
      [id, attempts, status, storableText(error).slice(0, 4_000), pause],
    );
    return status;
  }

  /** Deliveries that should have been taken by now. */
  async stuck(tx: Tx, limit: number): Promise<string[]> {
    const rows = await sqlRows<{ id: string }>(
      tx,
      `SELECT id FROM webhook_deliveries WHERE status IN ('received','failed') AND next_attempt_at < now() - make_interval(secs => ${STUCK_SECONDS}) AND attempts < ${WEBHOOK_TRIES}
        ORDER BY next_attempt_at, id LIMIT $1`,
      [limit],
    );
    return rows.map(({ id }) => id);
  }

  /** Gives up those whose last try never came back: they killed their worker. */
  bury(tx: Tx): Promise<number> {
    return sqlChange(
      tx,
      `UPDATE webhook_deliveries SET status = 'dead', last_error = coalesce(last_error, 'the last try never came back')
        WHERE status IN ('received','failed') AND next_attempt_at < now() AND attempts >= ${WEBHOOK_TRIES}`,
    );
  }

  /** Forgets deliveries older than so many days, at most `limit` of them. */
  deleteOld(tx: Tx, { days, limit }: { days: number; limit: number }): Promise<number> {
    return sqlChange(
      tx,
      `DELETE FROM webhook_deliveries WHERE id = ANY (ARRAY(SELECT id FROM webhook_deliveries WHERE received_at < now() - make_interval(days => $1) ORDER BY received_at LIMIT $2))`,
      [days, limit],
    );
  }

  /** Blanks the bodies about a subject that was erased; what is left says only that they came. */
  async blank(tx: Tx, source: WebhookSourceName, subjectId: string): Promise<void> {
    await sqlChange(tx, `UPDATE webhook_deliveries SET raw_body = '' WHERE source = $1 AND subject_id = $2 AND status IN ('processed','ignored','dead')`, [source, subjectId]);
  }
}
