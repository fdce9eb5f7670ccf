import { createSecretKey, type KeyObject } from 'node:crypto';
import { AppConfig, isId, newId, sha256 } from '@app/common';
import { Injectable } from '@nestjs/common';
import { JwtService } from '@nestjs/jwt';
import type { OrganizationRole } from './principal';

export const AUDIENCE = 'async-coder-api';
const ALGORITHM = 'HS256';
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

@Injectable()
export class AccessTokens {
  /** As a key object: a string would first be tried as a public key, which costs more than the check. */
  readonly key: KeyObject;
  readonly keyId: string;
  readonly issuer: string;
  readonly seconds: number;

  constructor(
    config: AppConfig,
    private readonly jwt: JwtService,
  ) {
    this.key = config.core.JWT_SECRET.use((secret) => createSecretKey(Buffer.from(secret)));
    this.keyId = config.core.JWT_SECRET.use((secret) => sha256(`key id ${secret}`).toString('hex').slice(0, 8));
    this.issuer = config.core.PUBLIC_URL;
    this.seconds = config.http.ACCESS_TOKEN_SECONDS;
  }

  sign(claims: NewAccessToken): string {
    return this.jwt.sign(
      { ...claims },
      { privateKey: this.key, algorithm: ALGORITHM, keyid: this.keyId, issuer: this.issuer, audience: AUDIENCE, expiresIn: this.seconds, jwtid: newId() },
    );
  }

  /** Only the header that we write: our algorithm, type and key, and nothing else that could point at a key. */
  isOurHeader(token: string): boolean {
    const header = decodeHeader(token);
    if (header === null) return false;
    const names = Object.keys(header).sort().join();
    return names === 'alg,kid,typ' && header['alg'] === ALGORITHM && header['typ'] === 'JWT' && header['kid'] === this.keyId;
  }

  /** Whether every claim that we rely on is there and of its form; the signature, issuer, audience and time are checked before. */
  areOurClaims(claims: Record<string, unknown>, nowSeconds: number): boolean {
    const { sub, sid, org, tv, iat, exp, jti } = claims;
    const ids = [sub, sid, org, jti].every((id) => typeof id === 'string' && isId(id));
    const times = Number.isInteger(iat) && Number.isInteger(exp) && Number(iat) <= nowSeconds + CLOCK_TOLERANCE_SECONDS && Number(exp) > Number(iat);
    return ids && times && Number.isInteger(tv) && claims['aud'] === AUDIENCE;
  }
}

function decodeHeader(token: string): Record<string, unknown> | null {
  try {
    const header: unknown = JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString('utf8'));
    return typeof header === 'object' && header !== null ? (header as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}
