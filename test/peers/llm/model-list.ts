// The lists of models that vendors give for a good key: what a key is tried with where no model is to be called.
import type { IncomingHttpHeaders } from 'node:http';

const ANTHROPIC = ['claude-opus-5-5', 'claude-sonnet-5-5', 'claude-haiku-5-5'];
const OPENAI = ['gpt-6.1-sol', 'gpt-6.1-terra', 'gpt-6-luna'];
const GOOGLE = ['gemini-4-argon', 'gemini-3.8-flash', 'gemini-3.5-flash-lite'];

export interface ListAnswer {
  readonly status: number;
  readonly body: unknown;
}

/** Null: no list of models is kept at this path. */
export function modelList(path: string, headers: IncomingHttpHeaders): ListAnswer | null {
  if (path === '/v1/models') return headers['anthropic-version'] === undefined && headers['x-api-key'] === undefined ? openAiList(headers) : anthropicList(headers);
  return path === '/v1beta/models' ? googleList(headers) : null;
}

function anthropicList(headers: IncomingHttpHeaders): ListAnswer {
  const key = headers['x-api-key'] ?? headers.authorization ?? '';
  if (isRefused(String(key))) return { status: 401, body: { type: 'error', error: { type: 'authentication_error', message: 'invalid x-api-key' } } };
  return { status: 200, body: { data: ANTHROPIC.map((id) => ({ type: 'model', id, display_name: id })), has_more: false, first_id: ANTHROPIC[0], last_id: ANTHROPIC.at(-1) } };
}

function openAiList({ authorization = '' }: IncomingHttpHeaders): ListAnswer {
  if (isRefused(authorization)) return { status: 401, body: { error: { message: 'Incorrect API key provided.', type: 'invalid_request_error', param: null, code: 'invalid_api_key' } } };
  return { status: 200, body: { object: 'list', data: OPENAI.map((id) => ({ id, object: 'model', created: 0, owned_by: 'openai' })) } };
}

function googleList(headers: IncomingHttpHeaders): ListAnswer {
  if (isRefused(String(headers['x-goog-api-key'] ?? ''))) return { status: 400, body: { error: { code: 400, message: 'API key not valid. Please pass a valid API key.', status: 'INVALID_ARGUMENT' } } };
  return { status: 200, body: { models: GOOGLE.map((id) => ({ name: `models/${id}`, displayName: id })) } };
}

function isRefused(key: string): boolean {
  return key === '' || key.includes('invalid');
}
