import { Index, Unique } from 'typeorm';
import { Bytes, Flag, GithubId, Id, Int, SmallInt, Table, Text, TextArray, Time, Touched, Uuid } from '../columns';

/** A hook we made at GitHub, where no App is installed. */
@Table('repository_webhooks')
@Unique(['repositoryId', 'githubWebhookId'])
@Index('repository_webhooks_url_uq', ['repositoryId', 'url'], { unique: true })
export class RepositoryWebhook extends Touched {
  @Id() id!: string;
  @Uuid({ references: 'repositories', onDelete: 'CASCADE' }) repositoryId!: string;
  @GithubId({ nullable: true }) githubWebhookId!: string | null;
  @Text() url!: string;
  @Bytes() secretEnc!: Buffer;
  @SmallInt({ default: 1 }) keyVersion!: number;
  @TextArray({ checked: true }) events!: string[];
  @Flag({ default: true }) isActive!: boolean;
  @Time({ nullable: true }) lastDeliveryAt!: Date | null;
  @Int({ nullable: true }) lastDeliveryStatus!: number | null;
}
