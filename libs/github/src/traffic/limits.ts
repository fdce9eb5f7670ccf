/** What an answer of GitHub says about our rate. */
export interface LimitNotice {
  /** `all`: secondary limits, which count every call; else GitHub's name of the budget that is used up. */
  readonly resource: string;
  /** null: GitHub gives no time. */
  readonly waitMs: number | null;
  /** The call itself was refused because of it. */
  readonly isRefusal: boolean;
}

const MARGIN_MS = 1_000;

/** Null: nothing is used up. */
export function limitNotice(status: number, headers: Headers, body: string): LimitNotice | null {
  const isRefusal = status === 403 || status === 429;
  const after = Number(headers.get('retry-after') ?? Number.NaN);
  if (isRefusal && Number.isFinite(after)) return { resource: 'all', waitMs: Math.max(1, Math.ceil(after)) * 1_000, isRefusal };
  if (headers.get('x-ratelimit-remaining') === '0') {
    const reset = Number(headers.get('x-ratelimit-reset') ?? Number.NaN) * 1_000;
    const waitMs = Number.isFinite(reset) ? Math.max(MARGIN_MS, reset - Date.now() + MARGIN_MS) : null;
    return { resource: headers.get('x-ratelimit-resource') ?? 'core', waitMs, isRefusal };
  }
  if (status === 429 || (status === 403 && /rate limit|abuse detection/i.test(body))) return { resource: 'all', waitMs: null, isRefusal };
  return null;
}
