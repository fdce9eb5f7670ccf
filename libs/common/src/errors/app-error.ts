/** How loudly an error is logged: what a client did wrong is not our alarm. */
export type ErrorLogLevel = 'debug' | 'info' | 'warn' | 'error';

/** What is fixed about one kind of error. `code` is snake_case, stable, and unique over the product. */
export interface ErrorKind {
  readonly code: string;
  /** HTTP status that the one exception filter answers with. */
  readonly status: number;
  /** Short, the same for every occurrence; `detail` tells about this one. */
  readonly title: string;
  readonly level: ErrorLogLevel;
}

/** One fault of an input: where (RFC 6901 pointer into the body, or a query/header parameter), which, and what to do. */
export interface InputFault {
  readonly pointer: string;
  readonly parameter?: string;
  readonly code: string;
  readonly detail: string;
}

/** Members beside the standard ones of RFC 9457, flat, documented per code. */
export type ErrorMembers = Readonly<Record<string, unknown>>;

/** Extra facts of one occurrence. `headers` are sent with the HTTP answer (`Retry-After`, `Allow` ...). */
export interface ErrorFacts {
  readonly members?: ErrorMembers;
  readonly errors?: readonly InputFault[];
  readonly headers?: Readonly<Record<string, string>>;
  readonly cause?: unknown;
}

/** An error that was foreseen: it has a code, and its text may be shown to the caller. */
export class AppError extends Error {
  readonly members: ErrorMembers;
  readonly errors: readonly InputFault[];
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    readonly kind: ErrorKind,
    /** What went wrong here and what to do about it; shown to people. */
    readonly detail: string,
    facts: ErrorFacts = {},
  ) {
    super(`${kind.code}: ${detail}`, facts.cause === undefined ? undefined : { cause: facts.cause });
    this.name = 'AppError';
    this.members = facts.members ?? {};
    this.errors = facts.errors ?? [];
    this.headers = facts.headers ?? {};
  }

  get code(): string {
    return this.kind.code;
  }
}
