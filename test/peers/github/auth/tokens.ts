import { createSign, randomBytes, type KeyObject } from 'node:crypto';
import type { Installation } from './installations';

export type Level = 'read' | 'write' | 'admin';
export type Permissions = Readonly<Record<string, Level>>;

const LEVELS: readonly Level[] = ['read', 'write', 'admin'];
const LIFE_MS = 3_600_000;

export interface InstallationToken {
  readonly token: string;
  readonly installation: Installation;
  readonly installationId: number;
  /** Null: all that the installation covers. */
  readonly repositoryIds: readonly number[] | null;
  readonly permissions: Permissions;
  readonly expiresAt: number;
}

export function covers(granted: Level | undefined, wanted: Level): boolean {
  return granted !== undefined && LEVELS.indexOf(granted) >= LEVELS.indexOf(wanted);
}

/** Installation tokens that were given out. */
export class Tokens {
  readonly #tokens = new Map<string, InstallationToken>();
  /** Also those that are over: what a watch for secrets looks for. */
  readonly issued: string[] = [];

  /** `form`: 40 characters, or the stateless form of about 520. */
  issue(grant: Pick<InstallationToken, 'installation' | 'repositoryIds' | 'permissions'>, now: number, stateless: { appId: number; key: KeyObject } | null): InstallationToken {
    const expiresAt = Math.floor((now + LIFE_MS) / 1000) * 1000;
    const token = { ...grant, installationId: grant.installation.id, expiresAt, token: stateless ? statelessToken(stateless.appId, stateless.key, expiresAt) : `ghs_${letters(36)}` };
    this.#tokens.set(token.token, token);
    this.issued.push(token.token);
    return token;
  }

  /** Null for what was never given out, is over or revoked. */
  find(text: string, now: number): InstallationToken | null {
    const token = this.#tokens.get(text);
    return token && token.expiresAt > now ? token : null;
  }

  /** Those that still open something. */
  live(now: number): InstallationToken[] {
    return [...this.#tokens.values()].filter(({ expiresAt }) => expiresAt > now);
  }

  revoke(token: InstallationToken): void {
    this.#tokens.delete(token.token);
  }

  revokeAll(): void {
    this.#tokens.clear();
  }
}

/** `ghs_APPID_JWT`: the payload is padded until the length is GitHub's. */
function statelessToken(appId: number, key: KeyObject, expiresAt: number): string {
  const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const signed = `${part({ alg: 'RS256', typ: 'JWT' })}.${part({ exp: expiresAt / 1000, jti: letters(60) })}`;
  return `ghs_${appId}_${signed}.${createSign('RSA-SHA256').update(signed).sign(key, 'base64url')}`;
}

function letters(length: number): string {
  return randomBytes(length * 2).toString('base64').replace(/[^a-zA-Z0-9]/g, '').slice(0, length).padEnd(length, '0');
}
