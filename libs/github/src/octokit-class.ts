import { Octokit } from 'octokit';

const API_VERSION = '2026-03-10';
const TIMEOUT_MS = 15_000;
/** Longer waits are for the queue, not for a request that somebody waits on. */
const LONGEST_WAIT_SECONDS = 60;
/** One more try after GitHub asked us to wait. */
const MAX_WAITS = 1;

/** Octokit has no time limit of its own. */
const fetchInTime: typeof fetch = (input, init) => {
  const limit = AbortSignal.timeout(TIMEOUT_MS);
  return fetch(input, { ...init, signal: init?.signal ? AbortSignal.any([init.signal, limit]) : limit });
};

/** Pauses where GitHub asks for it, one queue per `id` over the process: writes one at a time. */
export function throttleOf(id: string) {
  const again = (seconds: number, _options: unknown, _octokit: unknown, retries: number): boolean => retries < MAX_WAITS && seconds <= LONGEST_WAIT_SECONDS;
  return { id, onRateLimit: again, onSecondaryRateLimit: again };
}

/** GitHub's client for one address, with time limit, retries, pacing and a fixed version of the API. Logs nothing itself. */
export function octokitClass(baseUrl: string) {
  const silent = (): void => undefined;
  return Octokit.defaults({
    baseUrl,
    userAgent: 'async-coder/1.0',
    request: { fetch: fetchInTime },
    retry: { retries: 2 },
    throttle: throttleOf('app'),
    log: { debug: silent, info: silent, warn: silent, error: silent },
  });
}

/** States the version of the API with each request; Octokit sends none by itself. */
export function withApiVersion<T extends Octokit>(octokit: T): T {
  octokit.hook.before('request', (options) => {
    options.headers['x-github-api-version'] = API_VERSION;
  });
  return octokit;
}
