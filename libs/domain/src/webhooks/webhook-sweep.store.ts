import { Injectable } from '@nestjs/common';
import { sqlChange, sqlRow, sqlRows } from '../sql';
import type { Tx } from '../unit-of-work';
import type { WebhookSweep } from './webhook-sweep.entity';

export type SweepProgress = Pick<WebhookSweep, 'sweptUntil' | 'passNewest' | 'passCursor'>;

/** A pass begins so long after the one before has ended. */
const SWEPT_EVERY_MINUTES = 10;
/** A delivery is asked for so often, then given up. */
export const REDELIVERY_TRIES = 5;
/** Pause after the first time; each next one is twice as long. */
const FIRST_PAUSE_SECONDS = 60;
/** A sender keeps its deliveries for three days: what was asked for before that is history. */
const KEPT_DAYS = 7;

/** The search for webhooks that got lost: how far it got, and what was asked for again. */
@Injectable()
export class WebhookSweepStore {
  /** Where a pass goes on, or begins; null: the last one ended a short while ago. */
  async due(tx: Tx, source: WebhookSweep['source']): Promise<SweepProgress | null> {
    const row = await sqlRow<SweepProgress & { isDue: boolean }>(
      tx,
      `SELECT swept_until, pass_newest, pass_cursor, pass_newest IS NOT NULL OR pass_cursor IS NOT NULL OR swept_at <= now() - make_interval(mins => ${SWEPT_EVERY_MINUTES}) AS is_due FROM webhook_sweeps WHERE source = $1`,
      [source],
    );
    if (!row) return { sweptUntil: null, passNewest: null, passCursor: null };
    const { isDue, ...progress } = row;
    return isDue ? progress : null;
  }

  async keep(tx: Tx, source: WebhookSweep['source'], { sweptUntil, passNewest, passCursor }: SweepProgress): Promise<void> {
    await tx.query(
      `INSERT INTO webhook_sweeps (source, swept_until, pass_newest, pass_cursor) VALUES ($1, $2, $3, $4)
       ON CONFLICT (source) DO UPDATE SET swept_until = EXCLUDED.swept_until, pass_newest = EXCLUDED.pass_newest, pass_cursor = EXCLUDED.pass_cursor, swept_at = now()`,
      [source, sweptUntil, passNewest, passCursor],
    );
    await tx.query('DELETE FROM webhook_redeliveries WHERE last_asked_at < now() - make_interval(days => $1)', [KEPT_DAYS]);
  }

  /** Those of the deliveries that never came here. */
  async missing(tx: Tx, source: WebhookSweep['source'], deliveryIds: readonly string[]): Promise<string[]> {
    const rows = await sqlRows<{ deliveryId: string }>(
      tx,
      `SELECT asked.delivery_id FROM unnest($2::text[]) AS asked(delivery_id) WHERE NOT EXISTS (SELECT 1 FROM webhook_deliveries d WHERE d.source = $1 AND d.delivery_id = asked.delivery_id)`,
      [source, deliveryIds],
    );
    return rows.map(({ deliveryId }) => deliveryId);
  }

  /** Whether a delivery is to be asked for now: it was not lately, nor too often. Notes that it was. */
  async ask(tx: Tx, source: WebhookSweep['source'], deliveryId: string): Promise<boolean> {
    const asked = await sqlChange(
      tx,
      `INSERT INTO webhook_redeliveries AS r (source, delivery_id) VALUES ($1, $2)
       ON CONFLICT (source, delivery_id) DO UPDATE SET times = r.times + 1, last_asked_at = now()
        WHERE r.times < ${REDELIVERY_TRIES} AND r.last_asked_at <= now() - make_interval(secs => ${FIRST_PAUSE_SECONDS} * power(2, r.times - 1))
       RETURNING 1`,
      [source, deliveryId],
    );
    return asked > 0;
  }

  /** It could not be asked for after all. */
  async unask(tx: Tx, source: WebhookSweep['source'], deliveryId: string): Promise<void> {
    await tx.query('DELETE FROM webhook_redeliveries WHERE source = $1 AND delivery_id = $2 AND times = 1', [source, deliveryId]);
    await tx.query(`UPDATE webhook_redeliveries SET times = times - 1, last_asked_at = 'epoch' WHERE source = $1 AND delivery_id = $2`, [source, deliveryId]);
  }
}
