import { Secret } from '@app/common';
import { startLlmPeer, type LlmPeer } from '../../../../test/support/llm-peer';
import type { ModelRequest } from '../model-provider';
import { createProvider } from '../provider-registry';
import { describeProviderContract, listen, user } from '../testing/provider.contract';

const KEY = 'sk-ant-api03-0123456789abcdef';

interface Body {
  readonly tools?: object[];
  readonly system?: object[];
  readonly messages: { readonly role: string; readonly content: { readonly type: string; readonly thinking?: string }[] }[];
}

const unmarked = (block: object): object => ({ ...block, cache_control: undefined });

describeProviderContract('anthropic', {
  startPeer: () => startLlmPeer(),
  connect: (url, key = KEY) => createProvider({ apiStyle: 'anthropic', name: 'anthropic', baseUrl: url, key: new Secret(key) }),
  model: 'claude-sonnet-5-5',
  otherModel: 'claude-opus-5-5',
  capabilities: { reasoning: 'adaptive', samplingParams: false },
  overload: { status: 529, type: 'overloaded_error' },
  wrongKeyStatus: 401,
  reportsUsageEarly: true,
  countsCacheWrites: true,
  namesRequests: true,
  hasTextArguments: true,
  faults: [
    ['429', { status: 429 }, 'rate_limit'],
    ['429 for growing too fast', { status: 429, code: 'ramp_limit_exceeded' }, 'rate_limit'],
    ['429 that is a spend limit', { status: 429, code: 'enforced_spend_limit_reached' }, 'quota'],
    ['529', { status: 529 }, 'overloaded'],
    ['500', { status: 500 }, 'server'],
    ['504', { status: 504 }, 'timeout'],
    ['401', { status: 401 }, 'auth'],
    ['403', { status: 403 }, 'auth'],
    ['402', { status: 402 }, 'quota'],
    ['400 about the credit balance', { status: 400, message: 'Your credit balance is too low to access the Anthropic API.' }, 'quota'],
    ['404', { status: 404 }, 'not_found'],
    ['400', { status: 400 }, 'bad_request'],
    ['400 about calls without results', { status: 400, message: 'messages.2: `tool_use` ids were found without `tool_result` blocks immediately after: x' }, 'malformed_history'],
    ['400 about a signature', { status: 400, message: 'messages.1.content.0: Invalid `signature` in `thinking` block' }, 'malformed_history'],
    ['400 about the length', { status: 400, message: 'prompt is too long: 210000 tokens > 200000 maximum' }, 'context_overflow'],
    ['413', { status: 413 }, 'context_overflow'],
    ['a redirect', { status: 302, headers: { location: 'http://127.0.0.1:9/' } }, 'bad_request'],
  ],
  thinkingIn: (body) => (body as Body).messages.flatMap(({ content }) => content.flatMap((block) => (block.type === 'thinking' ? [String(block.thinking)] : []))),
  promptOf: (body) => {
    const { tools = [], system = [], messages } = body as Body;
    return [...tools, ...system, ...messages.flatMap(({ role, content }) => content.map((block) => ({ role, block: unmarked(block) })))].map((block) => unmarked(block));
  },
  cachedPartsOf: (body) => {
    const { tools = [], system = [], messages } = body as Body;
    return [...tools, ...system, ...messages.flatMap(({ content }): object[] => content)].findLastIndex((block) => 'cache_control' in block) + 1;
  },
});

describe('anthropic', () => {
  let peer: LlmPeer;
  beforeAll(async () => {
    peer = await startLlmPeer();
  });
  beforeEach(() => {
    peer.reset();
    peer.script({ turns: [{ text: 'Fine.' }, { text: 'Fine.' }] });
  });
  afterAll(() => peer.stop());

  const request = (change: Partial<ModelRequest> = {}): ModelRequest => ({ model: 'claude-sonnet-5-5', capabilities: {}, system: 'Be brief.', messages: [user('Hi.')], tools: [], maxTokens: 4_096, cacheKey: 'c', ...change });
  const sent = async (change?: Partial<ModelRequest>): Promise<Record<string, unknown>> => {
    await listen(createProvider({ apiStyle: 'anthropic', name: 'anthropic', baseUrl: peer.url, key: new Secret(KEY) }).stream(request(change), new AbortController().signal));
    return peer.requests().at(-1)?.body as Record<string, unknown>;
  };

  it('marks four places at most: last tool, system, last two user turns', async () => {
    const tools = ['a', 'b'].map((name) => ({ name, description: name, parameters: { type: 'object' } }));
    const turn = { role: 'assistant' as const, parts: [{ t: 'text' as const, text: 'Yes?' }] };
    const body = (await sent({ tools, messages: [user('1'), turn, user('2'), turn, user('3')] })) as { tools: object[]; system: object[]; messages: { content: object[] }[] };
    const marked = (blocks: readonly object[]): boolean[] => blocks.map((block) => 'cache_control' in block);
    expect(marked(body.tools)).toEqual([false, true]);
    expect(marked(body.system)).toEqual([true]);
    expect(body.messages.map(({ content }) => marked(content))).toEqual([[false], [false], [true], [false], [true]]);
  });

  it('asks for thinking as the model row says', async () => {
    expect(await sent({ effort: 'high' })).not.toHaveProperty('thinking');
    expect(await sent({ effort: 'high', capabilities: { reasoning: 'none' } })).not.toHaveProperty('output_config');
    expect(await sent({ effort: 'low', capabilities: { reasoning: 'always_adaptive' } })).toMatchObject({ thinking: { type: 'adaptive' }, output_config: { effort: 'low' } });
    expect(await sent({ effort: 'high', capabilities: { reasoning: 'extended' } })).toMatchObject({ thinking: { type: 'enabled', budget_tokens: 3_072 } });
    expect(await sent({ effort: 'high', maxTokens: 1_500, capabilities: { reasoning: 'extended' } })).not.toHaveProperty('thinking');
  });

  it('never sends sampling parameters', async () => {
    const body = await sent({ capabilities: { samplingParams: true } });
    for (const name of ['temperature', 'top_p', 'top_k', 'tool_choice']) expect(body).not.toHaveProperty(name);
  });

  it('does not look into the environment', async () => {
    const names = { ANTHROPIC_BASE_URL: 'http://127.0.0.1:9', ANTHROPIC_API_KEY: 'sk-ant-invalid-env', ANTHROPIC_AUTH_TOKEN: 'invalid-env' };
    Object.assign(process.env, names);
    try {
      await sent();
    } finally {
      for (const name of Object.keys(names)) delete process.env[name];
    }
    expect(peer.requests().at(-1)).toMatchObject({ status: 200, key: KEY.slice(-4) });
  });
});
