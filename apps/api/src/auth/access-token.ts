import { createSecretKey, type KeyObject } from 'node:crypto';
import { AppConfig, isId, newId, type Secret, sha256 } from '@app/common';
import { Injectable } from '@nestjs/common';
import { JwtService } from '@nestjs/jwt';
import { decodeObject } from './credentials/credential-of';
import { VerifiedTokens } from './credentials/verified-tokens';
import type { OrganizationRole } from './principal';

export const AUDIENCE = 'async-coder-api';
export const ALGORITHM = 'HS256';
/** Ours have about 600 letters. */
const MAX_LENGTH = 4_096;
/** Clocks of two pods differ a little. */
export const CLOCK_TOLERANCE_SECONDS = 5;

/** What our access tokens say. Role and organization are hints for clients; the database decides at each request. */
export interface AccessClaims {
  readonly sub: string;
  readonly sid: string;
  readonly org: string;
  readonly role: OrganizationRole;
  /** The user's token version; a higher one in the database voids the token. */
  readonly tv: number;
  readonly iat: number;
  readonly exp: number;
  readonly jti: string;
}

export type NewAccessToken = Pick<AccessClaims, 'sub' | 'sid' | 'org' | 'role' | 'tv'>;

/** Makes our access tokens and knows what a good one looks like. */
@Injectable()
export class AccessTokens {
  readonly keyId: string;
  readonly issuer: string;
  readonly seconds: number;
  /** Tokens whose signature and form were found good; saves checking them again. */
  readonly verified = new VerifiedTokens<AccessClaims>();
  /** As key objects: a string would first be tried as a public key, which costs more than the check. */
  private readonly keys: ReadonlyMap<string, KeyObject>;
  private readonly signingKey: KeyObject;

  constructor(
    config: AppConfig,
    private readonly jwt: JwtService,
  ) {
    const { JWT_SECRET, JWT_SECRET_PREVIOUS } = config.core;
    this.keyId = keyIdOf(JWT_SECRET);
    this.signingKey = keyOf(JWT_SECRET);
    const previous = JWT_SECRET_PREVIOUS === undefined ? [] : [[keyIdOf(JWT_SECRET_PREVIOUS), keyOf(JWT_SECRET_PREVIOUS)] as const];
    this.keys = new Map([...previous, [this.keyId, this.signingKey]]);
    this.issuer = config.core.PUBLIC_URL;
    this.seconds = config.http.ACCESS_TOKEN_SECONDS;
  }

  sign(claims: NewAccessToken): string {
    return this.jwt.sign(
      { ...claims },
      { privateKey: this.signingKey, algorithm: ALGORITHM, keyid: this.keyId, issuer: this.issuer, audience: AUDIENCE, expiresIn: this.seconds, jwtid: newId() },
    );
  }

  /** The key for a token with the header that we write: our algorithm, type and key, and nothing else that could point at a key. */
  keyFor(token: string): KeyObject | null {
    if (token.length > MAX_LENGTH) return null;
    const header = decodeObject(token.split('.', 1)[0] ?? '');
    if (header === null || Object.keys(header).sort().join() !== 'alg,kid,typ') return null;
    const { alg, typ, kid } = header;
    return alg === ALGORITHM && typ === 'JWT' && typeof kid === 'string' ? (this.keys.get(kid) ?? null) : null;
  }

  /** Whether every claim that we rely on is there and of its form; the signature, issuer, audience and time are checked before. */
  areOurClaims(claims: Record<string, unknown>, nowSeconds: number): boolean {
    const { sub, sid, org, tv, iat, exp, jti } = claims;
    const ids = [sub, sid, org, jti].every((id) => typeof id === 'string' && isId(id));
    const times = Number.isSafeInteger(iat) && Number.isSafeInteger(exp) && Number(iat) <= nowSeconds + CLOCK_TOLERANCE_SECONDS && Number(exp) > Number(iat);
    return ids && times && Number.isInteger(tv) && claims['aud'] === AUDIENCE;
  }
}

function keyOf(secret: Secret): KeyObject {
  return secret.use((text) => createSecretKey(Buffer.from(text)));
}

function keyIdOf(secret: Secret): string {
  return secret.use((text) => sha256(`key id ${text}`).toString('hex').slice(0, 8));
}
