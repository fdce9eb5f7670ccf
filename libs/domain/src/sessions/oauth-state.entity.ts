import { Index } from 'typeorm';
import { Bytes, SmallInt, Table, Text, Time, Uuid } from '../columns';

/** State and PKCE verifier of a login at GitHub; used once. */
@Table('oauth_states')
@Index('oauth_states_expiry_idx', ['expiresAt'])
export class OauthState {
  @Bytes({ primary: true, checked: true }) stateHash!: Buffer;
  @Text({ checked: true }) provider!: 'github';
  @Uuid({ nullable: true, references: 'users', onDelete: 'CASCADE' }) userId!: string | null;
  @Bytes() codeVerifierEnc!: Buffer;
  @SmallInt({ default: 1 }) keyVersion!: number;
  @Text() redirectTo!: string;
  @Time() expiresAt!: Date;
  @Time({ nullable: true }) consumedAt!: Date | null;
  @Time({ default: 'now' }) createdAt!: Date;
}
