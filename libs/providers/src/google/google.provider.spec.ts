import { Secret } from '@app/common';
import { startLlmPeer, type LlmPeer } from '../../../../test/support/llm-peer';
import type { ModelMessage } from '../message';
import type { ModelProvider, ModelRequest } from '../model-provider';
import { createProvider } from '../provider-registry';
import { failure, resultsFor, stored } from '../testing/contract-wire';
import { describeProviderContract, listen, user } from '../testing/provider.contract';

const KEY = 'AIzaSy0123456789abcdefghijklmnopqrstuvw';
const TOOLS = [{ name: 'read', description: 'Reads.', parameters: { type: 'object', properties: { path: { type: ['string', 'null'] } } } }];

interface Part {
  readonly text?: string;
  readonly thought?: boolean;
  readonly thoughtSignature?: string;
  readonly functionCall?: { readonly id: string };
  readonly functionResponse?: unknown;
}
interface Body {
  readonly tools?: object[];
  readonly systemInstruction?: object;
  readonly generationConfig: Record<string, unknown>;
  readonly contents: { readonly role: string; readonly parts: Part[] }[];
}

const connect = (url: string, key = KEY): ModelProvider => createProvider({ apiStyle: 'google', name: 'google', baseUrl: url, key: new Secret(key) });

describeProviderContract('google', {
  startPeer: () => startLlmPeer(),
  connect,
  model: 'gemini-4-argon',
  otherModel: 'gemini-3.8-flash',
  capabilities: { reasoning: 'adaptive' },
  overload: { status: 503 },
  wrongKeyStatus: 400,
  reportsUsageEarly: true,
  countsCacheWrites: false,
  namesRequests: false,
  hasTextArguments: false,
  faults: [
    ['429', { status: 429 }, 'rate_limit'],
    ['429 that is an empty account', { status: 429, message: 'Your prepayment credits are depleted.' }, 'quota'],
    ['402', { status: 402 }, 'quota'],
    ['503', { status: 503 }, 'overloaded'],
    ['500', { status: 500 }, 'server'],
    ['504', { status: 504 }, 'timeout'],
    ['408', { status: 408, type: 'UNKNOWN' }, 'timeout'],
    ['401', { status: 401 }, 'auth'],
    ['403', { status: 403 }, 'auth'],
    ['400 about the key', { status: 400, code: 'API_KEY_INVALID' }, 'auth'],
    ['404', { status: 404 }, 'not_found'],
    ['400', { status: 400 }, 'bad_request'],
    ['400 about calls without results', { status: 400, message: 'Please ensure that the number of function response parts is equal to the number of function call parts of the function call turn.' }, 'malformed_history'],
    ['400 about a signature', { status: 400, message: 'Function call is missing a thought_signature in functionCall parts.' }, 'malformed_history'],
    ['400 about a signature of another model', { status: 400, message: 'Corrupted thought signature.' }, 'malformed_history'],
    ['400 about the length', { status: 400, message: 'The input token count (1048577) exceeds the maximum number of tokens allowed (1048576).' }, 'context_overflow'],
    ['413', { status: 413 }, 'context_overflow'],
    ['a redirect', { status: 302, headers: { location: 'http://127.0.0.1:9/' }, type: 'MOVED' }, 'bad_request'],
  ],
  thinkingIn: (body) => (body as Body).contents.flatMap(({ parts }) => parts.flatMap(({ thought, text }) => (thought ? [String(text)] : []))),
  promptOf: (body) => [(body as Body).systemInstruction, ...((body as Body).tools ?? []), ...(body as Body).contents.flatMap(({ role, parts }) => parts.map((part) => ({ role, part })))],
});

describe('google', () => {
  let peer: LlmPeer;
  beforeAll(async () => {
    peer = await startLlmPeer();
  });
  beforeEach(() => peer.reset());
  afterAll(() => peer.stop());

  const request = (change: Partial<ModelRequest> = {}): ModelRequest => ({ model: 'gemini-4-argon', capabilities: { reasoning: 'adaptive' }, system: 'Be brief.', messages: [user('Hi.')], tools: TOOLS, maxTokens: 4_096, cacheKey: 'task-1', ...change });
  const ask = (change?: Partial<ModelRequest>): ReturnType<typeof listen> => listen(connect(peer.url).stream(request(change), new AbortController().signal));
  const body = (): Body => peer.requests().at(-1)?.body as Body;

  it('sends schemas as JSON Schema, and how much to think as a level', async () => {
    peer.script({ turns: [{ text: 'Fine.' }] });
    await ask({ effort: 'low' });
    expect(body()).toMatchObject({
      tools: [{ functionDeclarations: [{ name: 'read', parametersJsonSchema: TOOLS[0]?.parameters }] }],
      systemInstruction: { parts: [{ text: 'Be brief.' }] },
      generationConfig: { maxOutputTokens: 4_096, thinkingConfig: { includeThoughts: true, thinkingLevel: 'LOW' } },
    });
    await ask({ effort: 'low', capabilities: {}, system: '' });
    expect(body()).not.toHaveProperty('systemInstruction');
    expect(body().generationConfig).toEqual({ maxOutputTokens: 4_096 });
  });

  it('echoes signatures where they were: on the first of parallel calls, and behind a text', async () => {
    peer.script({ by: 'calls', turns: [{ thinking: 'Hm.', calls: [{ name: 'read' }, { name: 'read', args: { path: 'b' } }] }, { thinking: 'Ah.', text: 'Seen.' }, { text: 'Yes.' }] });
    const first = stored((await ask()).end.message);
    expect(first.parts.map((part) => 'sig' in part)).toEqual([false, true, false]);
    const second = stored((await ask({ messages: [user('Hi.'), first, resultsFor(first)] })).end.message);
    expect(second.parts.map(({ t }) => t)).toEqual(['think', 'text']);
    await ask({ messages: [user('Hi.'), first, resultsFor(first), second, user('Sure?')] });
    expect(body().contents.map(({ role, parts }) => [role, parts.map((part) => 'thoughtSignature' in part)])).toEqual([
      ['user', [false]], ['model', [false, true, false]], ['user', [false, false]], ['model', [false, false, true]], ['user', [false]],
    ]);
    expect(peer.requests().map(({ status }) => status)).toEqual([200, 200, 200]);
  });

  it('makes up the ids that are missing', async () => {
    peer.play(() => ({ calls: [{ name: 'read', id: '' }, { name: 'read', id: '', args: { path: 'b' } }] }));
    const { end } = await ask();
    const ids = end.message.parts.map((part) => (part.t === 'call' ? part.id : ''));
    expect(new Set(ids).size).toBe(2);
    expect(ids.every((id) => /^call_\w{24}$/.test(id))).toBe(true);
  });

  it('says as an error what a tool failed with', async () => {
    peer.script({ turns: [{ text: 'Fine.' }, { text: 'Fine.' }] });
    const messages: ModelMessage[] = [user('Look.'), { role: 'assistant', parts: [{ t: 'call', id: 'c1', name: 'read', args: {} }] }, { role: 'tool', parts: [{ t: 'result', id: 'c1', name: 'read', text: 'no such file', isError: true }] }, user('And?')];
    await ask({ messages });
    expect(body().contents.slice(1)).toEqual([
      { role: 'model', parts: [{ functionCall: { id: 'c1', name: 'read', args: {} }, thoughtSignature: 'skip_thought_signature_validator' }] },
      { role: 'user', parts: [{ functionResponse: { id: 'c1', name: 'read', response: { error: 'no such file' } } }] },
      { role: 'user', parts: [{ text: 'And?' }] },
    ]);
  });

  it('understands the wait that Google puts into the body', async () => {
    peer.fault({ status: 429, retryDelay: '37.5s' }, { status: 429, retryDelay: '7s', headers: { 'retry-after': '3' } });
    expect((await failure(ask())).facts.retryAfterMs).toBe(37_500);
    expect((await failure(ask())).facts.retryAfterMs).toBe(3_000);
  });

  it('is refused where the prompt was blocked, and still billed for it', async () => {
    peer.script({ turns: [{ stop: 'refusal' }] });
    const error = await failure(ask());
    expect([error.kind, error.facts.vendorCode, error.facts.usage?.outputTokens]).toEqual(['refusal', 'PROHIBITED_CONTENT', 0]);
    expect(error.facts.usage?.inputTokens).toBeGreaterThan(0);
  });

  it('is cut, and not too long, when a small limit was used up by thinking that is not shown', async () => {
    const chunk = { candidates: [{ index: 0, content: { role: 'model' }, finishReason: 'MAX_TOKENS' }], usageMetadata: { promptTokenCount: 4, thoughtsTokenCount: 13, totalTokenCount: 17 } };
    const fetch = () => Promise.resolve(new Response(`data: ${JSON.stringify(chunk)}\r\n\r\n`, { headers: { 'content-type': 'text/event-stream' } }));
    const provider = createProvider({ apiStyle: 'google', name: 'google', baseUrl: 'http://127.0.0.1:9', key: new Secret(KEY), fetch });
    const { end } = await listen(provider.stream(request({ maxTokens: 16 }), new AbortController().signal));
    expect([end.stop, end.message.parts, end.usage]).toMatchObject(['length', [], { inputTokens: 4, outputTokens: 13, reasoningTokens: 13 }]);
  });

  it('does not trust the rest of an answer whose call is malformed', async () => {
    peer.play(() => ({ thinking: 'Hm.', text: 'path="a")', calls: [{ name: 'read', rawArgs: 'print(' }, { name: 'read', args: { path: 'b' } }] }));
    expect((await ask()).end).toMatchObject({ stop: 'stop', message: { parts: [{ t: 'think', text: 'Hm.' }] } });
  });

  it('does not look into the environment', async () => {
    const names = { GOOGLE_GEMINI_BASE_URL: 'http://127.0.0.1:9', GEMINI_API_KEY: 'invalid-env', GOOGLE_GENAI_USE_VERTEXAI: 'true', GOOGLE_GENAI_API_VERSION: 'v9', GOOGLE_CLOUD_PROJECT: 'p' };
    Object.assign(process.env, names);
    try {
      peer.script({ turns: [{ text: 'Fine.' }] });
      await ask();
    } finally {
      for (const name of Object.keys(names)) delete process.env[name];
    }
    expect(peer.requests().at(-1)).toMatchObject({ status: 200, key: KEY.slice(-4) });
  });
});
