import type { ErrorKind, ErrorLogLevel } from './app-error';

const kinds = new Map<string, ErrorKind>();

/**
 * Declares an error kind; called once per code, at the top of an area's `*.errors.ts`.
 * @throws {Error} when the code is not snake_case or was declared before.
 */
export function declareError(code: string, status: number, title: string, level?: ErrorLogLevel): ErrorKind {
  if (!/^[a-z][a-z0-9]*(_[a-z0-9]+)*$/.test(code)) throw new Error(`error code is not snake_case: ${code}`);
  if (kinds.has(code)) throw new Error(`error code declared twice: ${code}`);
  const kind: ErrorKind = { code, status, title, level: level ?? (status >= 500 ? 'error' : 'info') };
  kinds.set(code, kind);
  return kind;
}

/** All declared kinds, by code: for the OpenAPI enum and the problem pages. */
export function declaredErrors(): ErrorKind[] {
  return [...kinds.values()].sort((a, b) => a.code.localeCompare(b.code));
}
