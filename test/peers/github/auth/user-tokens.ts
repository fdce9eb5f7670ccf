import { createHash, randomBytes } from 'node:crypto';
import type { Account } from '../repository';

const CODE_MS = 600_000;
const ACCESS_SECONDS = 28_800;
const REFRESH_SECONDS = 15_897_600;

/** A person's token of this App: what they and the App may do, it may do. */
export interface UserToken {
  readonly token: string;
  readonly refreshToken: string;
  readonly account: Account;
  readonly expiresAt: number;
  readonly refreshExpiresAt: number;
}

interface Code {
  readonly account: Account;
  readonly redirectUri: string;
  readonly challenge: string | null;
  readonly expiresAt: number;
}

/** What somebody exchanges a code with. */
export interface CodeExchange {
  readonly code: string;
  readonly redirectUri: string | null;
  readonly verifier: string | null;
}

/** Codes and tokens of people: a code is good once, and so is a refresh token. */
export class UserTokens {
  readonly #codes = new Map<string, Code>();
  #tokens: UserToken[] = [];
  /** Also those that are over: what a watch for secrets looks for. */
  readonly issued: string[] = [];
  refreshes = 0;

  newCode(code: Omit<Code, 'expiresAt'>, now: number): string {
    const text = randomBytes(10).toString('hex');
    this.#codes.set(text, { ...code, expiresAt: now + CODE_MS });
    return text;
  }

  /** Null: GitHub calls it a bad verification code. The code is used up, whatever becomes of it; "redirect" when it was asked for with another address. */
  exchange({ code, redirectUri, verifier }: CodeExchange, now: number): UserToken | 'redirect' | null {
    const known = this.#codes.get(code);
    this.#codes.delete(code);
    if (!known || known.expiresAt <= now) return null;
    if (redirectUri !== null && redirectUri !== known.redirectUri) return 'redirect';
    if (known.challenge !== null && (verifier === null || createHash('sha256').update(verifier).digest('base64url') !== known.challenge)) return null;
    return this.#issue(known.account, now);
  }

  /** New tokens in place of the old ones, which end at once. Null: GitHub calls it a bad refresh token. */
  refresh(text: string, now: number): UserToken | null {
    const known = this.#tokens.find(({ refreshToken }) => refreshToken === text);
    if (!known || known.refreshExpiresAt <= now) return null;
    this.revoke(known.token);
    this.refreshes += 1;
    return this.#issue(known.account, now);
  }

  find(text: string, now: number): UserToken | null {
    const known = this.#tokens.find(({ token }) => token === text);
    return known && known.expiresAt > now ? known : null;
  }

  /** False: there is no such token. */
  revoke(text: string): boolean {
    const before = this.#tokens.length;
    this.#tokens = this.#tokens.filter(({ token }) => token !== text);
    return this.#tokens.length < before;
  }

  /** The person takes back what they allowed the App: all tokens end. */
  revokeGrant(account: Account): void {
    this.#tokens = this.#tokens.filter((token) => token.account.id !== account.id);
  }

  isGranted(account: Account): boolean {
    return this.#tokens.some((token) => token.account.id === account.id);
  }

  #issue(account: Account, now: number): UserToken {
    const token = { token: `ghu_${letters(36)}`, refreshToken: `ghr_${letters(76)}`, account, expiresAt: now + ACCESS_SECONDS * 1000, refreshExpiresAt: now + REFRESH_SECONDS * 1000 };
    this.#tokens.push(token);
    this.issued.push(token.token, token.refreshToken);
    return token;
  }
}

/** A token as GitHub answers it. */
export function tokenAnswer({ token, refreshToken }: UserToken): Record<string, unknown> {
  return { access_token: token, expires_in: ACCESS_SECONDS, refresh_token: refreshToken, refresh_token_expires_in: REFRESH_SECONDS, scope: '', token_type: 'bearer' };
}

function letters(length: number): string {
  return randomBytes(length * 2).toString('base64').replace(/[^a-zA-Z0-9]/g, '').slice(0, length).padEnd(length, '0');
}
