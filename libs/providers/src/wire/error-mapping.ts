import type { Secret } from '@app/common';
import { ModelError, type ModelErrorFacts, type ModelErrorKind } from '../model-error';
import type { Usage } from '../usage';

/** What the SDK's error of any vendor comes down to. */
export interface VendorFault {
  readonly provider: string;
  /** From the narrowest to the broadest of the vendor's own codes. */
  readonly codes: readonly (string | null | undefined)[];
  readonly status?: number;
  readonly headers?: Headers;
  /** What the vendor asks to wait, where it says so in its body. Headers go first. */
  readonly retryAfterMs?: number | undefined;
  readonly requestId?: string | null;
  readonly message: string;
  readonly key: Secret;
  readonly usage?: Usage;
}

export type CodeTable = Readonly<Record<string, ModelErrorKind>>;

const STATUSES: Readonly<Record<number, ModelErrorKind>> = {
  401: 'auth', 402: 'quota', 403: 'auth', 404: 'not_found', 408: 'timeout', 409: 'server', 413: 'context_overflow', 422: 'bad_request',
  429: 'rate_limit', 499: 'aborted', 503: 'overloaded', 504: 'timeout', 529: 'overloaded',
};

/** Phrases of a 400 that say more than its status. The first group keeps "too many tokens per minute" from looking like a full window. */
const PHRASES: readonly (readonly [RegExp, ModelErrorKind])[] = [
  [/rate.?limit|per minute|per day|too many requests/i, 'rate_limit'],
  [/credit balance|insufficient.{0,10}(quota|funds|credit)|exceeded your current quota|spend(ing)? limit/i, 'quota'],
  [/prompt is too long|context.{0,10}(length|window)|maximum context|input is too long|too many (input )?tokens|exceeds? the (available )?context|(input )?token count.{0,40}exceeds/i, 'context_overflow'],
  [/role 'tool' must be|tool_use.{0,80}tool_result|tool_result.{0,80}tool_use|tool_calls?.{0,80}(must be followed|preceding|did not have response)|signature.{0,20}thinking|thought.?signature|number of function (response|call) parts|function (call|response) turn|tool (output|call) found for function call|required (following|'?reasoning'?) item|(start|begin)s? with a thinking|thinking.{0,40}(cannot be modified|unchanged)|roles? must alternate/is, 'malformed_history'],
  [/api.?key|authenticat/i, 'auth'],
  [/content (filter|policy|management)|safety system/i, 'refusal'],
];

/** Judges by code, then status, then text: a narrow code of the vendor wins, text only refines what says just "bad request". */
export function modelErrorOf(fault: VendorFault, codes: CodeTable): ModelError {
  const named = fault.codes.filter((code) => typeof code === 'string');
  const kind = named.map((code) => codes[code]).find((known) => known !== undefined) ?? kindOfStatus(fault);
  const retryAfterMs = waitOf(fault, kind);
  const facts: ModelErrorFacts = {
    provider: fault.provider,
    ...(fault.status === undefined ? {} : { status: fault.status }),
    ...(named[0] ? { vendorCode: named[0] } : {}),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    ...(fault.requestId ? { requestId: fault.requestId } : {}),
    ...(fault.usage ? { usage: fault.usage } : {}),
  };
  return new ModelError(kind, withoutKey(fault.message, fault.key), facts);
}

function kindOfStatus({ status, message }: VendorFault): ModelErrorKind {
  const named = status === undefined ? undefined : STATUSES[status];
  if (named) return named;
  if (status !== undefined && status >= 500) return 'server';
  const phrase = PHRASES.find(([pattern]) => pattern.test(message));
  return phrase ? phrase[1] : status === undefined ? 'server' : 'bad_request';
}

/** `retry-after-ms`, or `retry-after` in seconds or as a date. Milliseconds; undefined when there is none that makes sense. */
export function retryAfter(headers: Headers, now = Date.now()): number | undefined {
  const exact = number(headers.get('retry-after-ms'));
  if (exact !== undefined) return Math.ceil(exact);
  const text = headers.get('retry-after');
  const seconds = number(text);
  if (seconds !== undefined) return Math.ceil(seconds * 1_000);
  const date = text === null ? Number.NaN : Date.parse(text);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}

function waitOf({ headers, retryAfterMs, message }: VendorFault, kind: ModelErrorKind): number | undefined {
  const told = (headers && retryAfter(headers)) ?? retryAfterMs;
  return told === undefined && kind === 'rate_limit' ? waitInText(message) : told;
}

/** "Please try again in 6m0s", "... in 20.5s", "... in 350ms". Milliseconds. */
export function waitInText(message: string): number | undefined {
  const [, minutes, amount, unit] = /try again in (?:(\d+)m(?!s))?(?:(\d+(?:\.\d+)?)(ms|s)\b)?/i.exec(message) ?? [];
  if (minutes === undefined && amount === undefined) return undefined;
  return Math.ceil(Number(minutes ?? 0) * 60_000 + Number(amount ?? 0) * (unit?.toLowerCase() === 'ms' ? 1 : 1_000));
}

function number(text: string | null): number | undefined {
  const value = text === null || text.trim() === '' ? Number.NaN : Number(text);
  return Number.isFinite(value) && value >= 0 ? value : undefined;
}

/** Some servers quote the credential they refuse. */
function withoutKey(message: string, key: Secret): string {
  return key.use((value) => (value.length < 4 ? message : message.replaceAll(value, '[secret]')));
}
