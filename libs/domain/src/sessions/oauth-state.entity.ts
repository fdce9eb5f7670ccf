import { Index } from 'typeorm';
import { Bytes, SmallInt, Table, Text, Time, Uuid } from '../columns';

/** State and PKCE verifier of a way to GitHub and back; used once, in the browser that began it. */
@Table('oauth_states')
@Index('oauth_states_expiry_idx', ['expiresAt'])
@Index('oauth_states_user_idx', ['userId', 'createdAt'])
export class OauthState {
  @Bytes({ primary: true, checked: true }) stateHash!: Buffer;
  @Text({ checked: true }) provider!: 'github';
  @Uuid({ nullable: true, references: 'users', onDelete: 'CASCADE' }) userId!: string | null;
  @Bytes() codeVerifierEnc!: Buffer;
  @SmallInt({ default: 1 }) keyVersion!: number;
  @Text() redirectTo!: string;
  @Text({ default: 'connect', checked: true }) purpose!: 'connect' | 'install';
  @Uuid({ nullable: true, references: 'organizations', onDelete: 'CASCADE' }) organizationId!: string | null;
  /** Where GitHub was told to send the browser; null: the App's own first callback address. */
  @Text({ nullable: true }) redirectUri!: string | null;
  /** SHA-256 of the browser's cookie. */
  @Bytes({ nullable: true, checked: true }) browserHash!: Buffer | null;
  @Time() expiresAt!: Date;
  @Time({ nullable: true }) consumedAt!: Date | null;
  @Time({ default: 'now' }) createdAt!: Date;
}
