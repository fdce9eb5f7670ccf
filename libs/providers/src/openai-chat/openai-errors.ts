import OpenAI from 'openai';
import { ModelError } from '../model-error';
import type { ProviderConnection } from '../provider-connection';
import type { Usage } from '../usage';
import { modelErrorOf, type CodeTable } from '../wire/error-mapping';
import { cutStream, type StreamState } from '../wire/stream-end';

/** Codes and types, also those that gateways in front of other vendors use. "invalid_request_error" and "server_error" are left out: status and text say more. */
const CODES: CodeTable = {
  insufficient_quota: 'quota',
  billing_hard_limit_reached: 'quota',
  billing_not_active: 'quota',
  exceeded_current_quota_error: 'quota',
  context_length_exceeded: 'context_overflow',
  invalid_encrypted_content: 'malformed_history',
  invalid_api_key: 'auth',
  account_deactivated: 'auth',
  authentication_error: 'auth',
  permission_error: 'auth',
  model_not_found: 'not_found',
  rate_limit_exceeded: 'rate_limit',
  rate_limit_error: 'rate_limit',
  slow_down: 'overloaded',
  overloaded_error: 'overloaded',
  server_is_overloaded: 'overloaded',
  engine_overloaded: 'overloaded',
  content_filter: 'refusal',
  content_policy_violation: 'refusal',
  invalid_prompt: 'refusal',
  bio_policy: 'refusal',
  cyber_policy: 'refusal',
  misalignment_policy_violation: 'refusal',
};

type ApiError = Pick<InstanceType<typeof OpenAI.APIError>, 'code' | 'message'> & { readonly status: unknown; readonly error: unknown };

/** Whatever the SDK throws, as the one error of the port. */
export function openAiError(error: unknown, connection: ProviderConnection, state: StreamState): ModelError {
  if (error instanceof ModelError) return error;
  if (state.signal.aborted) return cutStream(state, error);
  if (error instanceof OpenAI.APIConnectionTimeoutError) return new ModelError('timeout', 'the connection timed out', { provider: connection.name });
  if (!(error instanceof OpenAI.APIError) || error instanceof OpenAI.APIConnectionError) return cutStream(state, error);
  const told: ApiError = error;
  const status = statusOf(told);
  return modelErrorOf(
    {
      provider: connection.name,
      codes: [error.code, error.type],
      ...(status === undefined ? {} : { status }),
      ...(error.headers instanceof Headers ? { headers: error.headers } : {}),
      requestId: error.requestID ?? null,
      message: messageOf(told),
      key: connection.key,
      ...(state.usage ? { usage: state.usage } : {}),
    },
    CODES,
  );
}

/** A response that was begun and then failed. */
export interface FailedResponse {
  readonly code: string | null;
  readonly message: string;
  readonly requestId: string | null;
  readonly usage: Usage | undefined;
}

/** Why a response failed after it had begun, as the one error of the port. */
export function failedResponse({ code, message, requestId, usage }: FailedResponse, { name, key }: ProviderConnection): ModelError {
  return modelErrorOf({ provider: name, codes: [code], message, requestId, key, ...(usage ? { usage } : {}) }, CODES);
}

/** An error inside a stream has no HTTP status; some gateways put it into `code`. */
function statusOf(error: ApiError): number | undefined {
  if (typeof error.status === 'number') return error.status;
  const code: unknown = error.code;
  return typeof code === 'number' ? code : undefined;
}

function messageOf(error: ApiError): string {
  const body: unknown = error.error;
  const told = typeof body === 'object' && body !== null && 'message' in body ? body.message : undefined;
  return typeof told === 'string' && told !== '' ? told : error.message;
}
