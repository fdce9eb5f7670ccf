import { Table, Text, Time } from '../columns';

/** How far the sender's own list of deliveries was read. */
@Table('webhook_sweeps')
export class WebhookSweep {
  @Text({ primary: true, checked: true }) source!: 'github';
  @Time({ nullable: true }) sweptUntil!: Date | null;
  @Time({ nullable: true }) passNewest!: Date | null;
  @Text({ nullable: true }) passCursor!: string | null;
  @Time({ default: 'now' }) sweptAt!: Date;
}
