import type { JsonWebKey } from 'node:crypto';
import { Clock, Logger } from '@app/common';
import { verifyJwt } from '@clerk/backend/jwt';
import { Injectable } from '@nestjs/common';
import { TOKEN_EXPIRED, unauthenticated, unauthorized } from '../auth.errors';
import { decodeObject } from '../credentials/credential-of';
import { type ClerkIdentity, CLOCK_SKEW_SECONDS, isSessionHeader, readIdentity } from './clerk-claims';
import { ClerkSettings } from './clerk-settings';
import { sessionPending } from './clerk.errors';
import { fetchKeySet } from './fetch-key-set';
import { FetchedKeys } from './fetched-keys';

/** Strict base64url in three parts. */
const JWT = /^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$/;
const MOST_CHARACTERS = 8_192;

/** Clerk's session tokens. */
@Injectable()
export class ClerkTokens {
  private readonly findKey: (kid: string) => Promise<JsonWebKey | null>;

  constructor(
    private readonly settings: ClerkSettings,
    private readonly clock: Clock,
    logger: Logger,
  ) {
    const fetched = new FetchedKeys(() => fetchKeySet(settings), clock, logger.named('clerk'));
    this.findKey = settings.pinnedKey === null ? (kid) => fetched.find(kid) : () => Promise.resolve(settings.pinnedKey);
  }

  /** Who the token is of. @throws {AppError} unauthenticated, token_expired, session_pending */
  async verify(token: string): Promise<ClerkIdentity> {
    const identity = readIdentity(await this.claimsOf(token), this.settings.parties, this.clock.now().getTime() / 1000);
    if (!identity) throw unauthenticated();
    if (identity.isPending) throw sessionPending();
    return identity;
  }

  /**
   * The SDK checks signature, issuer, party and times. Its `verifyJwt`, not `verifyToken`: it takes the key itself, where the other makes one
   * from a PEM and takes it to be of 2,048 bits.
   */
  private async claimsOf(token: string): Promise<Record<string, unknown>> {
    const key = await this.keyOf(token);
    if (!key) throw unauthenticated();
    try {
      return await verifyJwt(token, { key, issuer: [...this.settings.issuers], authorizedParties: [...this.settings.parties], clockSkewInMs: CLOCK_SKEW_SECONDS * 1000 });
    } catch (error) {
      if ((error as { reason?: unknown }).reason === 'token-expired') throw unauthorized(TOKEN_EXPIRED, 'The session token has expired. Get a new one from Clerk.');
      throw unauthenticated();
    }
  }

  /** Null for what cannot be a session token of ours: only what could be one may ask for a key. */
  private keyOf(token: string): Promise<JsonWebKey | null> {
    const [header, payload] = token.length <= MOST_CHARACTERS && JWT.test(token) ? token.split('.') : [];
    const head = decodeObject(header ?? '');
    const issuer = decodeObject(payload ?? '')?.['iss'];
    if (!isSessionHeader(head) || typeof issuer !== 'string' || !this.settings.issuers.includes(issuer)) return Promise.resolve(null);
    return this.findKey(head.kid);
  }
}
