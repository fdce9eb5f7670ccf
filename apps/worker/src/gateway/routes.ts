import { anthropic } from './wires/anthropic.wire';
import { google } from './wires/google.wire';
import { openAiChat } from './wires/openai-chat.wire';
import { openAiResponses } from './wires/openai-responses.wire';
import type { InwardWire, PathFacts } from './wires/wire';

/** What a path asks for. */
export type Route =
  | { readonly kind: 'call'; readonly wire: InwardWire; readonly path: PathFacts }
  | { readonly kind: 'count'; readonly wire: InwardWire; readonly path: PathFacts }
  | { readonly kind: 'models'; readonly wire: InwardWire };

const NOWHERE: PathFacts = { model: null, streams: false };
const GOOGLE = /^\/v1(?:beta)?\/models\/([^/:]+):(generateContent|streamGenerateContent|countTokens)$/;

/** Null: nothing is there. */
export function routeOf(method: string, pathname: string): Route | null {
  const path = pathname.replace(/\/+$/, '');
  if (method === 'GET') return /^\/v1(beta)?\/models(\/[^/]+)?$/.test(path) ? { kind: 'models', wire: path.startsWith('/v1beta') ? google : openAiChat } : null;
  if (method !== 'POST') return null;
  if (path === '/v1/chat/completions') return { kind: 'call', wire: openAiChat, path: NOWHERE };
  if (path === '/v1/responses') return { kind: 'call', wire: openAiResponses, path: NOWHERE };
  if (path === '/v1/messages') return { kind: 'call', wire: anthropic, path: NOWHERE };
  if (path === '/v1/messages/count_tokens') return { kind: 'count', wire: anthropic, path: NOWHERE };
  const [, model, action] = GOOGLE.exec(path) ?? [];
  if (model === undefined) return null;
  return { kind: action === 'countTokens' ? 'count' : 'call', wire: google, path: { model: decodeURIComponent(model), streams: action === 'streamGenerateContent' } };
}
