import type { Level } from '../auth/tokens';
import type { Exchange, Reply, RepositoryExchange } from './exchange';

/** Last parts of a path that may hold slashes. */
const LONG = new Set(['ref', 'branch', 'path', 'basehead']);

interface Pattern {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE';
  /** GitHub's own path template: the key of the operation in its description. */
  readonly path: string;
}

/** A call with the App's JWT, its client id and secret, an installation's token, or a person's. */
export interface AppRoute extends Pattern {
  readonly auth: 'app' | 'client' | 'installation' | 'user';
  readonly handle: (exchange: Exchange) => Promise<Reply> | Reply;
}

/** A call about a repository that the caller must be allowed to see. */
export interface RepositoryRoute extends Pattern {
  readonly auth: 'repository';
  /** What an installation's token needs; null: the App's JWT asks. */
  readonly permission: readonly [name: string, level: Level] | null;
  readonly handle: (exchange: RepositoryExchange) => Promise<Reply> | Reply;
}

export type Route = AppRoute | RepositoryRoute;

export interface Found {
  readonly route: Route;
  readonly params: Readonly<Record<string, string>>;
}

export class Router {
  readonly #routes: readonly { route: Route; matcher: RegExp; names: readonly string[] }[];

  constructor(routes: readonly Route[]) {
    this.#routes = routes.map((route) => ({ route, ...compile(route.path) }));
  }

  find(method: string, path: string): Found | null {
    for (const { route, matcher, names } of this.#routes) {
      const match = route.method === method ? matcher.exec(path) : null;
      if (match) return { route, params: Object.fromEntries(names.map((name, n) => [name, decoded(match[n + 1] ?? '')])) };
    }
    return null;
  }
}

function compile(path: string): { matcher: RegExp; names: string[] } {
  const names = [...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1] ?? '');
  const text = path.replace(/\{(\w+)\}/g, (whole, name: string) => (LONG.has(name) && path.endsWith(whole) ? '(.+)' : '([^/]+)'));
  return { matcher: new RegExp(`^${text}$`), names };
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
