// The same call four ways on each wire: undici with a parser by hand, the vendor's SDK, our provider port, Portkey's gateway in between.
import { require } from '../lib/services.mjs';

const { Agent, request } = require('undici');
const { createProvider } = require('./dist/libs/providers/src/index.js');
const { Secret } = require('./dist/libs/common/src/index.js');

const KEY = 'sk-ant-api03-bench-0000000000000000';
const SYSTEM = 'You are an agent.';
const PROMPT = 'Say something.';

export function openCalls(url) {
  const dispatcher = new Agent({ connections: 4 });
  return { openai: openaiCalls(url, dispatcher), anthropic: anthropicCalls(url, dispatcher), close: () => dispatcher.close() };
}

function openaiCalls(url, dispatcher) {
  const { default: OpenAI } = { default: require('openai').OpenAI };
  const client = new OpenAI({ baseURL: `${url}/v1`, apiKey: KEY, maxRetries: 0 });
  const body = (model) => ({ model, messages: [{ role: 'system', content: SYSTEM }, { role: 'user', content: PROMPT }], stream: true, stream_options: { include_usage: true }, max_tokens: 1_000 });
  return {
    hand: (model) => byHand({ url: `${url}/v1/chat/completions`, headers: { authorization: `Bearer ${KEY}` }, body: body(model), dispatcher, textOf: (data) => data.choices[0]?.delta.content }),
    sdk: async (model) => {
      let text = '';
      let events = 0;
      for await (const { choices } of await client.chat.completions.create(body(model))) {
        events += 1;
        text += choices[0]?.delta.content ?? '';
      }
      return { text, events };
    },
    ours: through(createProvider({ apiStyle: 'openai_chat', name: 'custom', baseUrl: `${url}/v1`, key: new Secret(KEY) })),
    /** Of any server that speaks this wire at another address: the gateway. */
    at: (other, headers) => (model) => byHand({ url: `${other}/v1/chat/completions`, headers: { authorization: `Bearer ${KEY}`, ...headers }, body: body(model), dispatcher, textOf: (data) => data.choices[0]?.delta.content }),
  };
}

function anthropicCalls(url, dispatcher) {
  const Anthropic = require('@anthropic-ai/sdk').Anthropic;
  const client = new Anthropic({ baseURL: url, apiKey: KEY, maxRetries: 0 });
  const body = (model) => ({ model, system: SYSTEM, messages: [{ role: 'user', content: PROMPT }], stream: true, max_tokens: 1_000 });
  const textOf = (data) => (data.type === 'content_block_delta' ? data.delta.text : undefined);
  return {
    hand: (model) => byHand({ url: `${url}/v1/messages`, headers: { 'x-api-key': KEY, 'anthropic-version': '2023-06-01' }, body: body(model), dispatcher, textOf }),
    sdk: async (model) => {
      let text = '';
      let events = 0;
      for await (const event of await client.messages.create(body(model))) {
        events += 1;
        text += textOf(event) ?? '';
      }
      return { text, events };
    },
    ours: through(createProvider({ apiStyle: 'anthropic', name: 'anthropic', baseUrl: url, key: new Secret(KEY) })),
  };
}

function through(provider) {
  // Each call has a signal of its own: the SDKs leave their listeners on it.
  return async (model, { signal } = new AbortController()) => {
    let text = '';
    let events = 0;
    let end = null;
    const call = { model, capabilities: { tools: true }, system: SYSTEM, messages: [{ role: 'user', parts: [{ t: 'text', text: PROMPT }] }], tools: [], maxTokens: 1_000, cacheKey: 'bench' };
    for await (const chunk of provider.stream(call, signal)) {
      if (chunk.t === 'end') end = chunk;
      else text += chunk.text;
      events += 1;
    }
    return { text, events, usage: end?.usage, message: end?.message };
  };
}

/** The least: bytes to lines, lines to JSON. */
async function byHand({ url, headers, body, dispatcher, textOf }) {
  const { statusCode, body: stream } = await request(url, { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(body), dispatcher });
  if (statusCode !== 200) throw new Error(`${url} answered ${statusCode}: ${await stream.text()}`);
  let rest = '';
  let text = '';
  let events = 0;
  stream.setEncoding('utf8');
  for await (const piece of stream) {
    const lines = (rest + piece).split('\n');
    rest = lines.pop();
    for (const line of lines) {
      if (!line.startsWith('data: ') || line === 'data: [DONE]') continue;
      events += 1;
      text += textOf(JSON.parse(line.slice(6))) ?? '';
    }
  }
  return { text, events };
}
