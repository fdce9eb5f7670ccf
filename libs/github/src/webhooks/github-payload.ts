/**
 * A webhook's payload as GitHub sent it, read with tolerance: older senders leave fields out, newer ones add some, and a field of another
 * type than ours counts as missing. Ids are decimal text, for they pass 2^53.
 */
export class GithubPayload {
  constructor(private readonly value: unknown) {}

  /** An object inside; an empty one when there is none. */
  at(...path: readonly string[]): GithubPayload {
    return new GithubPayload(this.raw(...path));
  }

  /** Whether something is there that is not null. */
  has(...path: readonly string[]): boolean {
    const found = this.raw(...path);
    return found !== undefined && found !== null;
  }

  /** Whether the field is there, be it null. */
  mentions(field: string): boolean {
    return isRecord(this.value) && Object.hasOwn(this.value, field);
  }

  text(...path: readonly string[]): string | null {
    const found = this.raw(...path);
    return typeof found === 'string' ? found : null;
  }

  /** An id of GitHub; null for what cannot be one. */
  id(...path: readonly string[]): string | null {
    const found = this.raw(...path);
    const text = typeof found === 'bigint' || (typeof found === 'number' && Number.isSafeInteger(found)) || typeof found === 'string' ? String(found) : '';
    return /^\d{1,19}$/.test(text) && BigInt(text) < 2n ** 63n ? text : null;
  }

  /** A whole number as a column of 4 bytes takes it. */
  integer(...path: readonly string[]): number | null {
    const found = this.raw(...path);
    return typeof found === 'number' && Number.isInteger(found) && Math.abs(found) < 2 ** 31 ? found : null;
  }

  flag(...path: readonly string[]): boolean | null {
    const found = this.raw(...path);
    return typeof found === 'boolean' ? found : null;
  }

  /** A time, as text or, in a push, as Unix seconds. */
  time(...path: readonly string[]): Date | null {
    const found = this.raw(...path);
    const time = typeof found === 'number' ? new Date(found * 1_000) : typeof found === 'string' ? new Date(found) : null;
    return time && time.getTime() >= 0 && time.getUTCFullYear() < 10_000 ? time : null;
  }

  /** The objects of a list; none when there is no list. */
  list(...path: readonly string[]): GithubPayload[] {
    const found = this.raw(...path);
    return Array.isArray(found) ? found.filter(isRecord).map((item) => new GithubPayload(item)) : [];
  }

  /** The texts of a list. */
  texts(...path: readonly string[]): string[] {
    const found = this.raw(...path);
    return Array.isArray(found) ? found.filter((item): item is string => typeof item === 'string') : [];
  }

  raw(...path: readonly string[]): unknown {
    let found = this.value;
    for (const field of path) {
      if (!isRecord(found) || !Object.hasOwn(found, field)) return undefined;
      found = found[field];
    }
    return found;
  }
}

/** The payload in a body that GitHub signed, sent as JSON or as a form; null when it is no object. */
export function readGithubPayload(body: Buffer): GithubPayload | null {
  const text = body.toString('utf8');
  const value = parse(text.startsWith('payload=') ? (new URLSearchParams(text).get('payload') ?? '') : text);
  return isRecord(value) ? new GithubPayload(value) : null;
}

/** Only where a number may not fit a double: looking at each number's source costs several times the parsing. */
const LONG_NUMBER = /[:[,]\s*\d{16}/;

function parse(text: string): unknown {
  try {
    return LONG_NUMBER.test(text) ? (JSON.parse(text, exactly as (key: string, value: unknown) => unknown) as unknown) : (JSON.parse(text) as unknown);
  } catch {
    return null;
  }
}

function exactly(_: string, value: unknown, { source }: { source?: string }): unknown {
  return typeof value === 'number' && !Number.isSafeInteger(value) && source !== undefined && /^\d+$/.test(source) ? BigInt(source) : value;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
