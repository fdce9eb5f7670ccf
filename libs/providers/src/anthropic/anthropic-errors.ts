import Anthropic from '@anthropic-ai/sdk';
import { ModelError } from '../model-error';
import type { ProviderConnection } from '../provider-connection';
import { modelErrorOf, type CodeTable } from '../wire/error-mapping';
import { cutStream, type StreamState } from '../wire/stream-end';

/** Codes of `error.details.error_code` and types of `error.type`. "invalid_request_error" and "api_error" are left out: status and text say more. */
const CODES: CodeTable = {
  contract_spend_limit_reached: 'quota',
  enforced_spend_limit_reached: 'quota',
  linked_organization_billing_unavailable: 'quota',
  linked_organization_spend_limit_reached: 'quota',
  organization_on_hold: 'auth',
  request_body_too_large_after_decoding: 'context_overflow',
  cmek_key_disabled: 'auth',
  cmek_key_network_blocked: 'server',
  ramp_limit_exceeded: 'rate_limit',
  authentication_error: 'auth',
  permission_error: 'auth',
  billing_error: 'quota',
  not_found_error: 'not_found',
  rate_limit_error: 'rate_limit',
  timeout_error: 'timeout',
  overloaded_error: 'overloaded',
};

/** Whatever the SDK throws, as the one error of the port. */
export function anthropicError(error: unknown, connection: ProviderConnection, state: StreamState): ModelError {
  if (error instanceof ModelError) return error;
  if (state.signal.aborted || error instanceof Anthropic.APIUserAbortError) return cutStream(state, error);
  if (error instanceof Anthropic.APIConnectionTimeoutError) return new ModelError('timeout', 'the connection timed out', { provider: connection.name });
  if (!(error instanceof Anthropic.APIError) || error instanceof Anthropic.APIConnectionError) return cutStream(state, error);
  return modelErrorOf(
    {
      provider: connection.name,
      codes: [error.errorCode, error.type],
      ...(typeof error.status === 'number' ? { status: error.status } : {}),
      ...(error.headers instanceof Headers ? { headers: error.headers } : {}),
      requestId: error.requestID ?? null,
      message: error.apiMessage ?? error.message,
      key: connection.key,
      ...(state.usage ? { usage: state.usage } : {}),
    },
    CODES,
  );
}
