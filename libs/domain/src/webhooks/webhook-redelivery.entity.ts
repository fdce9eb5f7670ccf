import { Index } from 'typeorm';
import { SmallInt, Table, Text, Time } from '../columns';

/** A delivery that never came, and how often it was asked for again. */
@Table('webhook_redeliveries')
@Index('webhook_redeliveries_asked_idx', ['lastAskedAt'])
export class WebhookRedelivery {
  @Text({ primary: true, checked: true }) source!: 'github';
  @Text({ primary: true }) deliveryId!: string;
  @SmallInt({ default: 1, checked: true }) times!: number;
  @Time({ default: 'now' }) lastAskedAt!: Date;
}
