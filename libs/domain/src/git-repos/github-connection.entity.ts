import { Bytes, GithubId, SmallInt, Table, Text, Time, Touched, Uuid } from '../columns';

/** A person's own OAuth tokens at GitHub, encrypted. */
@Table('github_connections')
export class GithubConnection extends Touched {
  @Uuid({ primary: true, references: 'users', onDelete: 'CASCADE' }) userId!: string;
  @GithubId({ unique: true }) githubUserId!: string;
  @Text() login!: string;
  @Text({ nullable: true }) avatarUrl!: string | null;
  @Bytes({ nullable: true }) accessTokenEnc!: Buffer | null;
  @Time({ nullable: true }) accessTokenExpiresAt!: Date | null;
  @Bytes({ nullable: true }) refreshTokenEnc!: Buffer | null;
  @Time({ nullable: true }) refreshTokenExpiresAt!: Date | null;
  @SmallInt({ default: 1 }) keyVersion!: number;
  @Text({ default: 'connected', checked: true }) status!: 'connected' | 'expired' | 'revoked';
  @Time({ default: 'now' }) connectedAt!: Date;
  @Time({ nullable: true }) revokedAt!: Date | null;
}
