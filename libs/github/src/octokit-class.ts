import { Octokit } from 'octokit';

const API_VERSION = '2026-03-10';

/** GitHub's client for one address with a fixed version of the API. Pace, limits, time and repetition are those of the `fetch` it is given. Logs nothing itself. */
export function octokitClass(baseUrl: string, send: typeof fetch) {
  const silent = (): void => undefined;
  return Octokit.defaults({
    baseUrl,
    userAgent: 'async-coder/1.0',
    request: { fetch: send },
    retry: { enabled: false },
    throttle: { enabled: false },
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
