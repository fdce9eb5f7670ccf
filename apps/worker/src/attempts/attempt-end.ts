import type { AgentOutcome } from '@app/agent';
import { AppError, StopError } from '@app/common';
import { isDatabaseAway, type AttemptEnd, type HandOver, type Unavailable } from '@app/domain';
import { ModelError } from '@app/providers';
import { PublishFailure } from '../publishing/publish-failure';
import { isRateLimit, rateLimitWait } from '../workspace/git.errors';
import { AttemptFailure } from './attempt-failure';

/** What becomes of an attempt: it ends, is given back to the queue, or is left to whoever holds it now. */
export type Ending = { readonly kind: 'end'; readonly end: AttemptEnd } | { readonly kind: 'hand_over'; readonly handOver: HandOver } | { readonly kind: 'leave'; readonly why: string };

const SETUP_CODES: Readonly<Record<string, string>> = {
  git_auth_failed: 'integration_not_connected',
  git_repository_not_found: 'integration_not_connected',
  git_url_refused: 'integration_not_connected',
  github_permission_missing: 'integration_not_connected',
  integration_not_connected: 'integration_not_connected',
  integration_not_configured: 'integration_not_connected',
  git_push_rejected: 'push_failed',
  git_host_key_refused: 'integration_not_connected',
  repository_credential_unreadable: 'integration_not_connected',
};

/** What may be there again in a while: the same attempt is tried then. */
const PASSING: Readonly<Record<string, Unavailable>> = {
  git_network: 'forge_unavailable',
  git_timeout: 'forge_unavailable',
  github_error: 'forge_unavailable',
  sandbox_unavailable: 'sandbox_unavailable',
  sandbox_stuck: 'sandbox_unavailable',
};

const end = (value: AttemptEnd): Ending => ({ kind: 'end', end: value });
const failed = (code: string, message: string, retryable: boolean): Ending => end({ kind: 'failed', code, message, retryable });

/** Where an outcome that has nothing to publish leads. */
export function endOfOutcome(outcome: Exclude<AgentOutcome, { kind: 'submitted' }>): AttemptEnd {
  switch (outcome.kind) {
    case 'question':
      return { kind: 'suspended', status: 'waiting_for_user', reason: 'question' };
    case 'paused':
      return { kind: 'suspended', status: 'paused', reason: outcome.reason, ...(outcome.detail !== undefined && { detail: outcome.detail }) };
    case 'failed':
      return { kind: 'failed', code: outcome.code, message: outcome.message };
    case 'timed_out':
      return { kind: 'timed_out' };
  }
}

/** Where an error leads. One that says PostgreSQL is away gives the attempt back once it is there again: nobody's worker was lost. */
export function endingOfError(error: unknown): Ending {
  if (error instanceof StopError) return endingOfStop(error);
  if (error instanceof AttemptFailure) return failed(error.code, error.message, error.retryable);
  if (error instanceof PublishFailure) return failed(error.code, error.message, true);
  if (error instanceof ModelError) return endingOfModelError(error);
  if (isDatabaseAway(error)) return { kind: 'hand_over', handOver: { reason: null } };
  if (error instanceof AppError && isRateLimit(error)) return { kind: 'hand_over', handOver: { reason: 'forge_rate_limit', delaySeconds: rateLimitWait(error) } };
  if (error instanceof AppError) return endingOfRefusal(error);
  return failed('internal', 'Something went wrong on our side. The work up to the last step is kept; retry goes on from there.', true);
}

function endingOfRefusal({ code, detail, kind }: AppError): Ending {
  const reason = PASSING[code];
  if (reason !== undefined) return { kind: 'hand_over', handOver: { reason, giveUp: { code: 'setup_failed', message: `${detail} It was tried again several times.` } } };
  return failed(SETUP_CODES[code] ?? 'setup_failed', detail, kind.status >= 500);
}

function endingOfStop(stop: StopError): Ending {
  switch (stop.stopCause) {
    case 'cancel':
      return end({ kind: 'cancelled' });
    case 'deadline':
      return end({ kind: 'timed_out' });
    case 'pause':
      return end({ kind: 'suspended', status: 'paused', reason: 'user_request' });
    case 'shutdown':
      return { kind: 'hand_over', handOver: { reason: null } };
    case 'lease_lost':
      return { kind: 'leave', why: stop.message };
  }
}

function endingOfModelError(error: ModelError): Ending {
  if (error.kind === 'rate_limit') {
    return { kind: 'hand_over', handOver: { reason: 'provider_rate_limit', delaySeconds: Math.ceil((error.facts.retryAfterMs ?? 60_000) / 1_000) } };
  }
  if (error.isTransient) return { kind: 'hand_over', handOver: { reason: 'provider_unavailable' } };
  const isOurs = error.kind === 'auth' || error.kind === 'quota';
  return failed(isOurs ? 'provider_auth' : 'provider_unavailable', `${error.facts.provider}: ${error.message}`, false);
}
