import type { IncomingHttpHeaders } from 'node:http';
import type { Caller } from '../auth/caller';
import type { GithubState } from '../github-state';
import type { Repository } from '../repository';

/** One REST call on its way through a handler. */
export interface Exchange {
  readonly state: GithubState;
  readonly method: string;
  readonly url: URL;
  readonly headers: IncomingHttpHeaders;
  readonly params: Readonly<Record<string, string>>;
  readonly body: Readonly<Record<string, unknown>>;
  readonly caller: Caller;
}

/** A call about one repository which its caller may see. */
export interface RepositoryExchange extends Exchange {
  readonly repository: Repository;
}

export interface Reply {
  readonly status: number;
  /** Sent as JSON; bigints as numbers. */
  readonly body?: unknown;
  /** Sent as it is, instead of `body`. */
  readonly text?: string;
  readonly contentType?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export function ok(body: unknown, headers?: Readonly<Record<string, string>>): Reply {
  return { status: 200, body, ...(headers ? { headers } : {}) };
}

export function created(body: unknown): Reply {
  return { status: 201, body };
}
