import { Int, Json, Table, Text, Time, Uuid } from '../columns';

/** What all processes know of one lane of calls to GitHub: whose turn it is, and until when GitHub asks us to wait. Losing it costs a refusal. */
@Table('github_lanes', { indexes: ['github_lanes_used_idx'] })
export class GithubLane {
  @Text({ primary: true }) name!: string;
  /** When the next read is due; burst are let by before. */
  @Time({ default: 'now' }) readDueAt!: Date;
  @Time({ default: 'now' }) writeDueAt!: Date;
  /** Creations in the hour that began at `countedFrom`, and in the one before. */
  @Int({ default: 0 }) made!: number;
  @Int({ default: 0 }) madeBefore!: number;
  @Time({ default: 'now' }) countedFrom!: Date;
  /** Budget of GitHub's, or "all", to milliseconds since 1970. */
  @Json({ default: {} }) closedUntil!: Record<string, number>;
  @Int({ default: 0 }) refusals!: number;
  /** The write that is under way. */
  @Uuid({ nullable: true }) writer!: string | null;
  @Time({ nullable: true }) writerUntil!: Date | null;
  @Time({ default: 'now' }) usedAt!: Date;
}
