import { AppError, declareError, GITHUB_PERMISSION_MISSING, INTEGRATION_NOT_CONNECTED, redact, type ErrorKind } from '@app/common';
import { RequestError } from 'octokit';

export const GITHUB_ERROR = declareError('github_error', 502, 'GitHub gave an error', 'warn');
export const GITHUB_RATE_LIMITED = declareError('github_rate_limited', 503, 'GitHub asks us to wait', 'warn');
export const GITHUB_VALIDATION_FAILED = declareError('github_validation_failed', 422, 'GitHub does not take this');
export const PULL_REQUEST_NOT_MERGEABLE = declareError('pull_request_not_mergeable', 409, 'The pull request cannot be merged now');
export const PULL_REQUEST_EMPTY = declareError('pull_request_empty', 422, 'The branch holds nothing that its base does not');

const WORDS = 300;
/** GitHub's advice where it gives no time of its own. */
const UNKNOWN_WAIT_SECONDS = 60;
/** GitHub's words for an installation that its account suspended: no right is missing there. */
const SUSPENDED = /installation has been suspended/i;

/** Errors of writes whose effect may have come about, although nobody said so. */
const unanswered = new WeakSet<object>();

/** An error of Octokit as one of ours, without anything of the request that was sent. Other errors come back as they are. */
export function githubError(error: unknown, what: string): unknown {
  const known = ownError(error);
  if (known) return known;
  if (!isRequestError(error)) return isTimeout(error) ? lost(what) : error;
  const mapped = error.response === undefined ? lost(what) : ofStatus(error, what);
  if (isOutcomeUnknown(error)) unanswered.add(mapped);
  return mapped;
}

/** What GitHub answered with, or undefined when it was no answer of GitHub. */
export function statusOf(error: unknown): number | undefined {
  return isRequestError(error) && error.response !== undefined ? error.status : undefined;
}

/** Whether a write that failed with this may have happened: its answer was lost, or GitHub broke down over it. Whoever repeats it looks first. */
export function isOutcomeUnknown(error: unknown): boolean {
  if (typeof error === 'object' && error !== null && unanswered.has(error)) return true;
  if (ownError(error)) return false;
  return isTimeout(error) || (isRequestError(error) && (error.response === undefined || error.status >= 500));
}

/** What GitHub says is wrong: its message and its list of errors, which holds texts or objects. */
export function wordsOf(error: unknown): string {
  if (!isRequestError(error)) return 'it gave no reason';
  const { message = '', errors } = (error.response?.data ?? {}) as { message?: string; errors?: unknown };
  const list = Array.isArray(errors) ? errors.map((one) => (typeof one === 'string' ? one : JSON.stringify(one))) : [];
  return redact([message, ...list].filter(Boolean).join('; ')).slice(0, WORDS);
}

/** Whether GitHub refused an input in words that match. */
export function isRefusal(error: unknown, words: RegExp): boolean {
  return statusOf(error) === 422 && words.test((error as RequestError).message);
}

function isRequestError(error: unknown): error is RequestError {
  return error instanceof RequestError || (error instanceof Error && error.name === 'HttpError' && typeof (error as { status?: unknown }).status === 'number');
}

function isTimeout(error: unknown): boolean {
  return error instanceof Error && error.name === 'TimeoutError';
}

/** One of ours, also where Octokit put it inside of one of its own. */
function ownError(error: unknown): AppError | null {
  if (error instanceof AppError) return error;
  return isRequestError(error) && error.cause instanceof AppError ? error.cause : null;
}

function lost(what: string): AppError {
  const error = new AppError(GITHUB_ERROR, `GitHub did not answer (${what}).`);
  unanswered.add(error);
  return error;
}

function ofStatus(error: RequestError, what: string): AppError {
  const words = redact(error.message).slice(0, WORDS);
  const fail = (kind: ErrorKind, detail: string): AppError => new AppError(kind, `${detail} (${what})`, { cause: new Error(`${error.status}: ${words}`) });
  const wait = waitSeconds(error);
  if (wait !== null) return new AppError(GITHUB_RATE_LIMITED, `GitHub asks us to wait ${wait} s (${what}).`, { headers: { 'Retry-After': String(wait) }, members: { retryAfterSeconds: wait } });
  if (error.status === 401) return fail(INTEGRATION_NOT_CONNECTED, 'GitHub refused our credentials.');
  if (error.status === 403 && SUSPENDED.test(error.message)) return fail(INTEGRATION_NOT_CONNECTED, 'The GitHub App is suspended there: let it go on in the settings of the GitHub account, then try again.');
  if (error.status === 403) return fail(GITHUB_PERMISSION_MISSING, `The GitHub App may not do this: ${words}.`);
  if (error.status === 404 || error.status === 410 || error.status === 451) return fail(INTEGRATION_NOT_CONNECTED, 'GitHub shows the App no such thing: it does not exist, or the App has no access to it.');
  if (error.status === 422) return fail(GITHUB_VALIDATION_FAILED, `GitHub does not take this: ${words}.`);
  return fail(GITHUB_ERROR, `GitHub answered ${error.status}: ${words}.`);
}

/** Seconds to wait when the answer says that we ask too much, else null. */
function waitSeconds({ status, message, response }: RequestError): number | null {
  if (status !== 403 && status !== 429) return null;
  const headers = response?.headers ?? {};
  const after = Number(headers['retry-after'] ?? Number.NaN);
  if (Number.isFinite(after)) return Math.max(1, Math.ceil(after));
  if (headers['x-ratelimit-remaining'] === '0') return Math.max(1, Math.ceil(Number(headers['x-ratelimit-reset'] ?? 0) - Date.now() / 1_000)) || UNKNOWN_WAIT_SECONDS;
  return status === 429 || /rate limit/i.test(message) ? UNKNOWN_WAIT_SECONDS : null;
}
