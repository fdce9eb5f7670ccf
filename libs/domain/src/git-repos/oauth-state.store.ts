import type { Secret } from '@app/common';
import { Injectable } from '@nestjs/common';
import { SealedSecrets, type SecretPlace } from '../secrets/sealed-secrets';
import type { OauthState } from '../sessions/oauth-state.entity';
import { sqlRow } from '../sql';
import type { Tx } from '../unit-of-work';

export const OAUTH_STATE_MINUTES = 10;
/** Ways to GitHub that one user may have open; the oldest give way. */
const MOST_OPEN = 20;
const FORGOTTEN_AT_ONCE = 100;

/** A way to GitHub that begins. Only the hash of the state is kept. */
export interface NewOauthState {
  readonly stateHash: Buffer;
  readonly userId: string;
  readonly organizationId: string;
  readonly purpose: OauthState['purpose'];
  /** PKCE's code verifier. */
  readonly verifier: Secret;
  readonly redirectTo: string;
  readonly redirectUri: string | null;
  readonly browserHash: Buffer;
}

/** What shows that who comes back is who went: the browser's cookie, or the signed-in user. */
export type StateCarrier = { readonly browserHash: Buffer } | { readonly userId: string };

/** A state that was used just now, for the only time. */
export interface UsedOauthState extends Pick<OauthState, 'purpose' | 'redirectTo' | 'redirectUri'> {
  readonly userId: string;
  readonly organizationId: string;
  readonly verifier: Secret;
}

type StateRow = Omit<UsedOauthState, 'verifier'> & { readonly codeVerifierEnc: Buffer; readonly keyVersion: number };

/** States of OAuth: each is used once, within ten minutes, by who began it. */
@Injectable()
export class OauthStateStore {
  constructor(private readonly sealed: SealedSecrets) {}

  /** Keeps a state; returns when it ends. */
  async create(tx: Tx, state: NewOauthState): Promise<Date> {
    const { sealed, keyVersion } = await this.sealed.seal(tx, placeOf(state.stateHash), state.verifier);
    const row = await sqlRow<{ expiresAt: Date }>(
      tx,
      `INSERT INTO oauth_states (state_hash, provider, user_id, organization_id, purpose, code_verifier_enc, key_version, redirect_to, redirect_uri, browser_hash, expires_at)
       VALUES ($1, 'github', $2, $3, $4, $5, $6, $7, $8, $9, now() + make_interval(mins => ${OAUTH_STATE_MINUTES})) RETURNING expires_at`,
      [state.stateHash, state.userId, state.organizationId, state.purpose, sealed, keyVersion, state.redirectTo, state.redirectUri, state.browserHash],
    );
    await this.tidy(tx, state.userId);
    return row?.expiresAt ?? new Date();
  }

  /** Uses a state up. Null: unknown, used before, too old, for something else, or carried by somebody else, who does not use it up. */
  async consume(tx: Tx, stateHash: Buffer, purpose: OauthState['purpose'], carrier: StateCarrier): Promise<UsedOauthState | null> {
    const [browserHash, userId] = 'browserHash' in carrier ? [carrier.browserHash, null] : [null, carrier.userId];
    const row = await sqlRow<StateRow>(
      tx,
      `UPDATE oauth_states SET consumed_at = now()
        WHERE state_hash = $1 AND provider = 'github' AND purpose = $2 AND consumed_at IS NULL AND expires_at > now() AND (browser_hash = $3 OR user_id = $4::uuid)
          AND user_id IS NOT NULL AND organization_id IS NOT NULL
        RETURNING user_id, organization_id, purpose, redirect_to, redirect_uri, code_verifier_enc, key_version`,
      [stateHash, purpose, browserHash, userId],
    );
    if (!row) return null;
    const { codeVerifierEnc: sealed, keyVersion, ...used } = row;
    return { ...used, verifier: await this.sealed.open(tx, placeOf(stateHash), { sealed, keyVersion }) };
  }

  /** Old ones, whoever's they are, and what a user has open beyond the limit. */
  private async tidy(tx: Tx, userId: string): Promise<void> {
    await tx.query(`DELETE FROM oauth_states WHERE state_hash IN (SELECT state_hash FROM oauth_states WHERE expires_at < now() - interval '1 hour' LIMIT ${FORGOTTEN_AT_ONCE} FOR UPDATE SKIP LOCKED)`);
    await tx.query(
      `DELETE FROM oauth_states WHERE state_hash IN (SELECT state_hash FROM oauth_states WHERE user_id = $1 ORDER BY created_at DESC, state_hash OFFSET ${MOST_OPEN} FOR UPDATE SKIP LOCKED)`, [userId],
    );
  }
}

function placeOf(stateHash: Buffer): SecretPlace {
  return { organizationId: null, column: 'oauth_states.code_verifier_enc', rowId: stateHash.toString('hex'), provider: 'github' };
}
