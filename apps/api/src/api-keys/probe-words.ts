import { redact } from '@app/common';
import type { KeyVerdict } from '@app/domain';
import type { ModelErrorKind, ProbeResult } from '@app/providers';
import type { ProbeError } from './dto/key-test.response';

const REFUSED = 'did not take the request';

/** What happened, after the provider's name. */
const WORDS: Readonly<Record<ModelErrorKind, string>> = {
  auth: 'does not accept this key',
  quota: 'knows the key, but its account has no credit left',
  rate_limit: 'lets this key make no more calls for now',
  overloaded: 'is overloaded',
  server: 'has a fault of its own',
  network: 'could not be reached',
  timeout: 'gave no answer in time',
  stream_cut: 'broke off its answer',
  not_found: 'does not know what was asked for, or this key may not use it',
  bad_request: REFUSED,
  malformed_history: REFUSED,
  context_overflow: REFUSED,
  refusal: 'refused to answer',
  aborted: 'was not waited for',
};

const LONGEST_VENDOR_TEXT = 300;
/** Space of any kind, control characters, halves of characters. */
const UNREADABLE = /[\s\p{Cc}\p{Surrogate}]+/gu;

/** A failed probe in words: ours, then the vendor's own, without anything that looks like a credential. */
export function probeError(vendor: string, { error }: Pick<ProbeResult, 'error'>): ProbeError | null {
  if (error === null) return null;
  const said = redact(error.message).replace(UNREADABLE, ' ').trim().slice(0, LONGEST_VENDOR_TEXT);
  return { kind: error.kind, message: `${vendor} ${WORDS[error.kind]}${said === '' ? '.' : `: ${said}`}` };
}

/** What a probe says about the key itself. Only an answer proves it; faults of the vendor, the address or the model prove nothing. */
export function verdictOf(vendor: string, result: Pick<ProbeResult, 'error'>): KeyVerdict {
  const error = probeError(vendor, result);
  if (error === null) return { status: 'valid', error: null };
  if (error.kind === 'auth') return { status: 'invalid', error: error.message };
  return { status: error.kind === 'rate_limit' || error.kind === 'quota' ? 'rate_limited' : 'unverified', error: error.message };
}
