import { createVerify, type KeyObject } from 'node:crypto';
import { parseJson } from '../http/json';
import { Refusal } from '../http/refusal';

const LONGEST_SECONDS = 600;

interface Claims {
  readonly iss?: unknown;
  readonly iat?: unknown;
  readonly exp?: unknown;
}

export interface AppIdentity {
  readonly appId: number;
  readonly clientId: string;
  readonly publicKey: KeyObject;
}

/** Accepts an App's JWT as GitHub does. @throws {Refusal} 401 or 404 with GitHub's words. */
export function checkAppJwt(token: string, { appId, clientId, publicKey }: AppIdentity, now: number): void {
  const [head, payload, signature] = token.split('.');
  const alg = (decode(head) as { alg?: unknown } | undefined)?.alg;
  const claims = decode(payload) as Claims | undefined;
  const isSigned = alg === 'RS256' && signature !== undefined && createVerify('RSA-SHA256').update(`${head}.${payload}`).verify(publicKey, signature, 'base64url');
  if (!claims || !isSigned) throw new Refusal(401, 'A JSON web token could not be decoded');
  checkTimes(claims, now / 1000);
  if (String(claims.iss) !== String(appId) && claims.iss !== clientId) throw new Refusal(404, 'Integration not found');
}

function checkTimes(claims: Claims, seconds: number): void {
  if (typeof claims.exp !== 'number' || claims.exp <= seconds) throw new Refusal(401, "'Expiration time' claim ('exp') must be a numeric value representing the future time at which the assertion expires");
  if (claims.exp > seconds + LONGEST_SECONDS) throw new Refusal(401, "'Expiration time' claim ('exp') is too far in the future");
  if (typeof claims.iat !== 'number' || claims.iat > seconds) throw new Refusal(401, "'Issued at' claim ('iat') must be an Integer representing the time that the assertion was issued");
}

function decode(part: string | undefined): unknown {
  return part === undefined ? undefined : parseJson(Buffer.from(part, 'base64url').toString('utf8'));
}
