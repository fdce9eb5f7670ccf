import { Secret } from '@app/common';
import { startLlmPeer, type LlmPeer } from '../../../../test/support/llm-peer';
import type { ModelMessage } from '../message';
import type { ModelRequest } from '../model-provider';
import type { ChatCompat } from '../provider-connection';
import { createProvider } from '../provider-registry';
import { describeProviderContract, listen, user } from '../testing/provider.contract';
import { compatOf } from './chat-compat';

const KEY = 'sk-proj-0123456789abcdef';

interface Body {
  readonly tools?: object[];
  readonly messages: { readonly role: string; readonly reasoning_content?: string; readonly [field: string]: unknown }[];
}

describeProviderContract('openai_chat', {
  startPeer: () => startLlmPeer(),
  connect: (url, key = KEY) => createProvider({ apiStyle: 'openai_chat', name: 'custom', baseUrl: `${url}/v1`, key: new Secret(key), compat: { replayReasoning: true } }),
  model: 'thinker-70b',
  otherModel: 'talker-8b',
  capabilities: { reasoning: 'extended' },
  overload: { status: 503, type: 'overloaded_error' },
  wrongKeyStatus: 401,
  reportsUsageEarly: false,
  countsCacheWrites: true,
  namesRequests: true,
  hasTextArguments: true,
  faults: [
    ['429', { status: 429 }, 'rate_limit'],
    ['429 without credits', { status: 429, code: 'insufficient_quota', type: 'insufficient_quota' }, 'quota'],
    ['503', { status: 503 }, 'overloaded'],
    ['500', { status: 500 }, 'server'],
    ['408', { status: 408 }, 'timeout'],
    ['409', { status: 409 }, 'server'],
    ['401', { status: 401 }, 'auth'],
    ['403', { status: 403 }, 'auth'],
    ['402', { status: 402 }, 'quota'],
    ['404', { status: 404 }, 'not_found'],
    ['400', { status: 400 }, 'bad_request'],
    ['422', { status: 422, type: 'invalid_request_error' }, 'bad_request'],
    ['400 about calls without results', { status: 400, message: 'An assistant message with \'tool_calls\' must be followed by tool messages responding to each \'tool_call_id\'.' }, 'malformed_history'],
    ['400 of a filter', { status: 400, code: 'content_filter' }, 'refusal'],
    ['400 by code about the length', { status: 400, code: 'context_length_exceeded', message: 'Too long.' }, 'context_overflow'],
    ['400 by text about the length', { status: 400, message: 'This model\'s maximum context length is 8192 tokens.' }, 'context_overflow'],
    ['413', { status: 413 }, 'context_overflow'],
    ['a redirect', { status: 302, headers: { location: 'http://127.0.0.1:9/' }, type: 'moved' }, 'bad_request'],
  ],
  thinkingIn: (body) => (body as Body).messages.flatMap(({ reasoning_content: thinking }) => (thinking === undefined ? [] : [thinking])),
  promptOf: (body) => [...((body as Body).tools ?? []), ...(body as Body).messages],
});

describe('openai_chat', () => {
  let peer: LlmPeer;
  beforeAll(async () => {
    peer = await startLlmPeer();
  });
  beforeEach(() => {
    peer.reset();
    peer.script({ by: 'calls', turns: Array.from({ length: 5 }, () => ({ text: 'Fine.', thinking: 'Hm.' })) });
  });
  afterAll(() => peer.stop());

  const request = (change: Partial<ModelRequest> = {}): ModelRequest => ({ model: 'llama-5', capabilities: {}, system: 'Be brief.', messages: [user('Hi.')], tools: [], maxTokens: 4_096, cacheKey: 'task-1', ...change });
  const ask = (change: Partial<ModelRequest> = {}, compat: ChatCompat = {}, name = 'custom'): ReturnType<typeof listen> =>
    listen(createProvider({ apiStyle: 'openai_chat', name, baseUrl: `${peer.url}/v1`, key: new Secret(KEY), compat }).stream(request(change), new AbortController().signal));
  const body = (): Record<string, unknown> & { messages: Record<string, unknown>[] } => peer.requests().at(-1)?.body as never;

  it('speaks OpenAI\'s own dialect to OpenAI', async () => {
    const { end, think } = await ask({ model: 'gpt-6.1-terra', effort: 'high', capabilities: { reasoning: 'adaptive' } }, {}, 'openai');
    expect(body()).toMatchObject({ max_completion_tokens: 4_096, prompt_cache_key: 'task-1', stream_options: { include_usage: true }, reasoning_effort: 'high' });
    expect(think).toBe('');
    expect(end.usage.reasoningTokens).toBe(1);
    const tools = [{ name: 'read', description: 'Reads.', parameters: { type: 'object' } }];
    await ask({ model: 'gpt-6.1-terra', effort: 'high', tools, capabilities: { reasoning: 'adaptive' } }, {}, 'openai');
    expect(peer.requests().map(({ status }) => status)).toEqual([200, 200]);
  });

  it('speaks the older dialect to servers that are not OpenAI\'s', async () => {
    await ask();
    expect(body()).toMatchObject({ max_tokens: 4_096 });
    expect(body()).not.toHaveProperty('prompt_cache_key');
    expect(body()).not.toHaveProperty('reasoning_effort');
  });

  it('knows some hosts, and what the connection says wins', () => {
    expect(compatOf({ name: 'custom', baseUrl: 'https://api.mistral.ai/v1' })).toMatchObject({ streamUsage: false, toolResultName: true, maxTokensField: 'max_tokens' });
    expect(compatOf({ name: 'custom', baseUrl: 'https://api.openai.com/v1' }).maxTokensField).toBe('max_completion_tokens');
    expect(compatOf({ name: 'openai', baseUrl: 'https://proxy.example/v1', compat: { maxTokensField: 'max_tokens' } })).toMatchObject({ maxTokensField: 'max_tokens', promptCacheKey: true });
  });

  it('estimates usage, and says so, when the server tells none', async () => {
    const { end } = await ask({ messages: [user('x'.repeat(4_000))] }, { streamUsage: false });
    expect(body()).not.toHaveProperty('stream_options');
    expect(end.usage).toMatchObject({ isEstimated: true, raw: null });
    expect(end.usage.inputTokens).toBeGreaterThan(1_000);
    expect(end.usage.outputTokens).toBeGreaterThan(0);
  });

  it('names tools in their results and puts a turn before the user\'s text where a server wants that', async () => {
    const messages: ModelMessage[] = [
      user('Look.'),
      { role: 'assistant', parts: [{ t: 'call', id: 'c1', name: 'read', args: { path: 'a' } }] },
      { role: 'tool', parts: [{ t: 'result', id: 'c1', name: 'read', text: 'no such file', isError: true }] },
      user('And?'),
    ];
    await ask({ messages }, { toolResultName: true, assistantAfterTool: true });
    expect(body().messages.slice(-3)).toEqual([
      { role: 'tool', tool_call_id: 'c1', content: 'Error: no such file', name: 'read' },
      { role: 'assistant', content: 'Understood.' },
      { role: 'user', content: 'And?' },
    ]);
    await ask({ messages });
    expect(body().messages.slice(-2).map(({ role, name }) => [role, name])).toEqual([['tool', undefined], ['user', undefined]]);
  });

  it('does not look into the environment', async () => {
    const names = { OPENAI_BASE_URL: 'http://127.0.0.1:9', OPENAI_API_KEY: 'sk-invalid-env', OPENAI_ORG_ID: 'org-env', OPENAI_PROJECT_ID: 'proj-env' };
    Object.assign(process.env, names);
    try {
      await ask();
    } finally {
      for (const name of Object.keys(names)) delete process.env[name];
    }
    expect(peer.requests().at(-1)).toMatchObject({ status: 200, key: KEY.slice(-4) });
  });
});
