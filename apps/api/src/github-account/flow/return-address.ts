import { type AppConfig, invalidParameter } from '@app/common';

const LONGEST = 2_000;

/** Where a browser goes after GitHub: a page of ours, by its path or its whole address, or one of an origin that CORS_ORIGINS names. @throws {AppError} invalid_parameter */
export function returnAddress(wanted: string | undefined, config: AppConfig): string {
  const home = config.core.PUBLIC_URL;
  const text = wanted ?? '/';
  // A browser reads "\" as "/", and "//host" as another host.
  const isClean = text.length <= LONGEST && /^[\x21-\x7e]+$/.test(text) && !text.includes('\\') && !text.startsWith('//');
  const url = isClean ? URL.parse(text, home) : null;
  const origins = [new URL(home).origin, ...config.http.CORS_ORIGINS];
  if (!url || url.username !== '' || url.password !== '' || !/^https?:$/.test(url.protocol) || !origins.includes(url.origin)) {
    throw invalidParameter('redirectTo', 'not_allowed', 'must be a path, or an address of PUBLIC_URL or CORS_ORIGINS');
  }
  return url.href;
}

/** The address with what came of it. */
export function withOutcome(address: string, outcome: { readonly status: string; readonly error?: string }): string {
  const url = new URL(address);
  url.searchParams.set('status', outcome.status);
  if (outcome.error !== undefined) url.searchParams.set('error', outcome.error);
  return url.href;
}
