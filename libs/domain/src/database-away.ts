/** Node's codes for a server that cannot be reached, and SQLSTATE's for a connection that failed (08), a server that stops or starts (57P), and one that takes no more (53300). */
const CODE = /^(08|57P|53300|ECONN|EPIPE|ETIMEDOUT)/;
/** The pool's and the client's own words; they carry no code. */
const WORDS = /connection terminated|timeout (expired|exceeded)|client has encountered a connection error|not queryable/i;

/** Whether an error says that PostgreSQL cannot be had now: whoever waits may try again, and nothing was found wrong with what was asked. */
export function isDatabaseAway(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { code, driverError } = error as { readonly code?: unknown; readonly driverError?: unknown };
  return (typeof code === 'string' && CODE.test(code)) || WORDS.test(error.message) || (driverError !== error && isDatabaseAway(driverError));
}
