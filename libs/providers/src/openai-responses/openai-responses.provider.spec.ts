import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Secret } from '@app/common';
import { startLlmPeer, type LlmPeer } from '../../../../test/support/llm-peer';
import type { ModelMessage } from '../message';
import type { ModelProvider, ModelRequest } from '../model-provider';
import { createProvider } from '../provider-registry';
import { failure, resultsFor, stored } from '../testing/contract-wire';
import { describeProviderContract, listen, user } from '../testing/provider.contract';

const KEY = 'sk-proj-0123456789abcdef';
const TOOLS = [{ name: 'read', description: 'Reads.', parameters: { type: 'object' } }];

interface Item {
  readonly type: string;
  readonly id?: string;
  readonly phase?: string;
  readonly summary?: { readonly text: string }[];
}
interface Body {
  readonly tools?: object[];
  readonly instructions?: string;
  readonly input: Item[];
}

const connect = (url: string, key = KEY): ModelProvider => createProvider({ apiStyle: 'openai_responses', name: 'openai', baseUrl: `${url}/v1`, key: new Secret(key) });

describeProviderContract('openai_responses', {
  startPeer: () => startLlmPeer(),
  connect,
  model: 'gpt-6.1-terra',
  otherModel: 'gpt-6-luna',
  capabilities: { reasoning: 'adaptive' },
  overload: { status: 503 },
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
    ['504', { status: 504 }, 'timeout'],
    ['401', { status: 401 }, 'auth'],
    ['403', { status: 403 }, 'auth'],
    ['402', { status: 402 }, 'quota'],
    ['404', { status: 404 }, 'not_found'],
    ['400', { status: 400 }, 'bad_request'],
    ['400 about calls without results', { status: 400, message: 'No tool output found for function call call_1.' }, 'malformed_history'],
    ['400 about reasoning that leads nowhere', { status: 400, message: 'Item \'rs_1\' of type \'reasoning\' was provided without its required following item.' }, 'malformed_history'],
    ['400 about reasoning of another model', { status: 400, code: 'invalid_encrypted_content' }, 'malformed_history'],
    ['400 of a filter', { status: 400, code: 'invalid_prompt' }, 'refusal'],
    ['400 about the length', { status: 400, code: 'context_length_exceeded' }, 'context_overflow'],
    ['413', { status: 413 }, 'context_overflow'],
    ['a redirect', { status: 302, headers: { location: 'http://127.0.0.1:9/' }, type: 'moved' }, 'bad_request'],
  ],
  thinkingIn: (body) => (body as Body).input.flatMap(({ type, summary }) => (type === 'reasoning' ? (summary ?? []).map(({ text }) => text) : [])),
  promptOf: (body) => [...((body as Body).tools ?? []), (body as Body).instructions, ...(body as Body).input],
});

describe('openai_responses', () => {
  let peer: LlmPeer;
  beforeAll(async () => {
    peer = await startLlmPeer();
  });
  beforeEach(() => peer.reset());
  afterAll(() => peer.stop());

  const request = (change: Partial<ModelRequest> = {}): ModelRequest => ({ model: 'gpt-6.1-sol', capabilities: { reasoning: 'adaptive' }, system: 'Be brief.', messages: [user('Hi.')], tools: [], maxTokens: 4_096, cacheKey: 'task-1', ...change });
  const ask = (change?: Partial<ModelRequest>, provider = connect(peer.url)): ReturnType<typeof listen> => listen(provider.stream(request(change), new AbortController().signal));
  const body = (): Body & Record<string, unknown> => peer.requests().at(-1)?.body as never;

  it('leaves nothing behind at the vendor, and takes its reasoning along instead', async () => {
    peer.script({ turns: [{ text: 'Fine.' }] });
    await ask({ effort: 'high' });
    expect(body()).toMatchObject({ store: false, include: ['reasoning.encrypted_content'], prompt_cache_key: 'task-1', reasoning: { effort: 'high', summary: 'auto' }, max_output_tokens: 4_096, instructions: 'Be brief.' });
    for (const name of ['temperature', 'previous_response_id', 'max_tokens', 'tool_choice']) expect(body()).not.toHaveProperty(name);
  });

  it('asks models that do not reason for no reasoning, and never for less output than the vendor takes', async () => {
    peer.script({ turns: [{ text: 'Fine.' }] });
    for (const capabilities of [{}, { reasoning: 'none' as const }]) {
      await ask({ capabilities, effort: 'high', maxTokens: 4 });
      expect(body()).toMatchObject({ max_output_tokens: 16 });
      for (const name of ['include', 'reasoning']) expect(body()).not.toHaveProperty(name);
    }
  });

  it('keeps the reasoning as the vendor sent it, and the phase of a text', async () => {
    peer.script({ by: 'calls', turns: [{ thinking: 'Hm.', text: 'Looking.', calls: [{ name: 'read' }] }, { text: 'Seen.' }] });
    const { end } = await ask({ tools: TOOLS });
    expect(end.message.origin?.raw).toEqual({ reasoning: [{ type: 'reasoning', id: expect.stringMatching(/^rs_/) as unknown, summary: [{ type: 'summary_text', text: 'Hm.' }], encrypted_content: expect.any(String) as unknown }], phases: ['commentary'] });
    await ask({ tools: TOOLS, messages: [user('Hi.'), stored(end.message), resultsFor(end.message)] });
    expect(body().input.map(({ type, phase, id }) => [type, phase, id?.slice(0, 3)])).toEqual([['message', undefined, undefined], ['reasoning', undefined, 'rs_'], ['message', 'commentary', undefined], ['function_call', undefined, undefined], ['function_call_output', undefined, undefined]]);
    expect(peer.requests().map(({ status }) => status)).toEqual([200, 200]);
  });

  it('drops reasoning that led to nothing, because the vendor refuses it alone', async () => {
    peer.script({ by: 'calls', turns: [{ thinking: 'word '.repeat(200), text: 'Never said.' }, { text: 'Seen.' }] });
    const { end } = await ask({ maxTokens: 32 });
    expect([end.stop, end.message.parts.map(({ t }) => t)]).toEqual(['length', ['think']]);
    await ask({ messages: [user('Hi.'), stored(end.message), user('Go on.')] });
    expect(body().input.map(({ type }) => type)).toEqual(['message', 'message']);
  });

  it('tells why a response failed after it had begun, and how long to wait', async () => {
    peer.script({ turns: [{ text: 'A long and thoughtful answer.' }] });
    peer.fault({ errorAfter: 3, type: 'response.failed', code: 'rate_limit_exceeded', message: 'Rate limit reached. Please try again in 11.5s.' }, { errorAfter: 3, type: 'response.failed', code: 'server_error' });
    const limited = await failure(ask());
    expect([limited.kind, limited.facts.retryAfterMs, limited.facts.vendorCode]).toEqual(['rate_limit', 11_500, 'rate_limit_exceeded']);
    expect(limited.facts.requestId).toBe(peer.requests()[0]?.requestId);
    expect((await failure(ask())).kind).toBe('server');
  });

  it('does without summaries where the organization may not see them, and remembers it', async () => {
    peer.script({ turns: [{ text: 'Fine.' }] });
    const provider = connect(peer.url, 'sk-unverified-0123456789');
    await ask({}, provider);
    await ask({}, provider);
    expect(peer.requests().map(({ status }) => status)).toEqual([400, 200, 200]);
    expect(body()).not.toHaveProperty('reasoning');
  });

  it('does not look into the environment', async () => {
    const names = { OPENAI_BASE_URL: 'http://127.0.0.1:9', OPENAI_API_KEY: 'sk-invalid-env', OPENAI_ORG_ID: 'org-env', OPENAI_PROJECT_ID: 'proj-env' };
    Object.assign(process.env, names);
    try {
      peer.script({ turns: [{ text: 'Fine.' }] });
      await ask();
    } finally {
      for (const name of Object.keys(names)) delete process.env[name];
    }
    expect(peer.requests().at(-1)).toMatchObject({ status: 200, key: KEY.slice(-4) });
  });

  it('goes over to Chat at an address that does not know this API, once and for all', async () => {
    const server = createServer((incoming, outgoing) => {
      asked.push(incoming.url ?? '');
      const isChat = incoming.url === '/v1/chat/completions';
      outgoing.writeHead(isChat ? 200 : 404, { 'content-type': isChat ? 'text/event-stream' : 'application/json' });
      outgoing.end(isChat ? 'data: {"id":"x","choices":[{"index":0,"delta":{"content":"OK"},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n' : '{"detail":"Not Found"}');
    });
    const asked: string[] = [];
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    try {
      const provider = connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
      expect([(await ask({}, provider)).text, (await ask({}, provider)).text]).toEqual(['OK', 'OK']);
      expect(asked).toEqual(['/v1/responses', '/v1/chat/completions', '/v1/chat/completions']);
    } finally {
      server.closeAllConnections();
      server.close();
    }
    peer.fault({ status: 404 });
    expect((await failure(ask())).kind).toBe('not_found');
    expect(peer.requests()).toHaveLength(1);
  });

  it('takes a failed call back as one', async () => {
    peer.script({ turns: [{ text: 'Fine.' }, { text: 'Fine.' }] });
    const messages: ModelMessage[] = [user('Look.'), { role: 'assistant', parts: [{ t: 'call', id: 'c1', name: 'read', args: {} }] }, { role: 'tool', parts: [{ t: 'result', id: 'c1', name: 'read', text: 'no such file', isError: true }] }];
    await ask({ messages, tools: TOOLS });
    expect(body().input.at(-1)).toEqual({ type: 'function_call_output', call_id: 'c1', output: 'Error: no such file' });
  });
});
