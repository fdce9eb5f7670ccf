import { LLMock, type FixtureMatch, type FixtureOpts } from '@copilotkit/aimock';
import { Secret } from '@app/common';
import type { ModelErrorKind } from '../model-error';
import type { ModelMessage } from '../message';
import type { ModelRequest } from '../model-provider';
import { BUILT_API_STYLES, type BuiltApiStyle } from '../provider-connection';
import { createProvider } from '../provider-registry';
import { failure, listen, resultsFor, stored, TOOLS, user, type Heard } from './contract-wire';

const VENDORS: Record<BuiltApiStyle, { name: string; path: string; model: string; limited: object }> = {
  anthropic: { name: 'anthropic', path: '', model: 'claude-sonnet-5-5', limited: { type: 'rate_limit_error' } },
  openai_responses: { name: 'openai', path: '/v1', model: 'gpt-6.1-terra', limited: { code: 'rate_limit_exceeded' } },
  openai_chat: { name: 'custom', path: '/v1', model: 'gpt-oss-120b', limited: { type: 'rate_limit_error' } },
  google: { name: 'google', path: '', model: 'gemini-3.8-flash', limited: {} },
};
const USAGE = { input_tokens: 1_234, output_tokens: 56 };
const COUNTED = { inputTokens: 1_234, cacheReadTokens: 0, cacheWriteShortTokens: 0, cacheWriteLongTokens: 0, outputTokens: 56, reasoningTokens: 0 };
const LONG = 'A long and thoughtful answer that nobody will hear to its end, however long they wait for it.';

/** The same adapters against somebody else's stand-in: a mistake that our own shares with them shows here. */
describe.each(BUILT_API_STYLES)('%s against another stand-in', (style) => {
  const { name, path, model, limited } = VENDORS[style];
  let mock: LLMock;
  /** What really went out: this stand-in keeps requests in a form of its own. */
  let sent: string[];
  beforeAll(async () => {
    mock = new LLMock({ port: 0, host: '127.0.0.1', chunkSize: 8, logLevel: 'silent' });
    await mock.start();
  });
  beforeEach(() => {
    mock.reset();
    sent = [];
  });
  afterAll(() => mock.stop());

  /** It bills nothing unless told. */
  const answer = (response: object, match: FixtureMatch = {}, opts: FixtureOpts = {}): void => {
    mock.addFixture({ match, response: { ...response, usage: USAGE }, ...opts });
  };
  const fetch: typeof globalThis.fetch = (input, init) => {
    sent.push(typeof init?.body === 'string' ? init.body : '');
    return globalThis.fetch(input, init);
  };
  const stream = (messages: readonly ModelMessage[], signal = new AbortController().signal) => {
    const provider = createProvider({ apiStyle: style, name, baseUrl: `${mock.url}${path}`, key: new Secret('sk-ant-api03-0123456789abcdef'), compat: { replayReasoning: true }, fetch });
    const request: ModelRequest = { model, capabilities: { reasoning: 'adaptive' }, system: 'You are careful.', messages, tools: TOOLS, maxTokens: 4_096, cacheKey: 'task-1' };
    return provider.stream(request, signal);
  };
  const ask = (messages: readonly ModelMessage[]): Promise<Heard> => listen(stream(messages));

  it('hears a text and what it cost', async () => {
    answer({ content: 'Grüße, 世界 👩‍👩‍👧.' });
    const { text, end } = await ask([user('Tell.')]);
    expect([text, end.stop]).toEqual(['Grüße, 世界 👩‍👩‍👧.', 'stop']);
    expect(end.usage).toEqual({ ...COUNTED, raw: expect.anything() as unknown });
    expect(end.responseId ?? '').toMatch(style === 'google' ? /^$/ : /\w{8}/);
  });

  it('carries parallel calls, and takes their results back', async () => {
    answer({ content: 'Seen.' }, { hasToolResult: true });
    answer({ content: 'Both.', toolCalls: [{ name: 'read', arguments: '{"path":"ä.txt"}' }, { name: 'bash', arguments: '{"command":"ls"}' }] }, { hasToolResult: false });
    const first = (await ask([user('Look.')])).end;
    expect(first.message.parts.filter(({ t }) => t !== 'think')).toMatchObject([{ t: 'text', text: 'Both.' }, { t: 'call', name: 'read', args: { path: 'ä.txt' } }, { t: 'call', name: 'bash', args: { command: 'ls' } }]);
    expect(first.stop).toBe('tool');
    expect((await ask([user('Look.'), stored(first.message), resultsFor(first.message)])).text).toBe('Seen.');
  });

  it('shows the thinking, and sends it back to the model that had it', async () => {
    answer({ content: 'Seen.' }, { hasToolResult: true });
    answer({ reasoning: 'First I look.', content: 'Looking.', toolCalls: [{ name: 'read', arguments: '{"path":"a"}' }] }, { hasToolResult: false });
    const first = await ask([user('Look.')]);
    expect([first.think, first.text]).toEqual(['First I look.', 'Looking.']);
    await ask([user('Look.'), stored(first.end.message), resultsFor(first.end.message)]);
    expect(sent.map((body) => body.includes('First I look.'))).toEqual([false, true]);
  });

  it.each<[number, object, ModelErrorKind]>([
    [429, limited, 'rate_limit'],
    [500, {}, 'server'],
    [503, {}, 'overloaded'],
    [401, {}, 'auth'],
    [404, { code: 'model_not_found' }, 'not_found'],
    [400, { message: 'Something is wrong.' }, 'bad_request'],
  ])('understands %i', async (status, body, kind) => {
    mock.nextRequestError(status, body);
    const error = await failure(ask([user('Hi.')]));
    expect([error.kind, error.facts.status]).toEqual([kind, status]);
    expect(mock.getRequests()).toHaveLength(1);
  });

  it('notices an answer that breaks off', async () => {
    answer({ content: LONG }, {}, { truncateAfterChunks: 6, streamingProfile: { ttft: 5, tps: 50 } });
    expect((await failure(ask([user('Hi.')]))).kind).toBe('stream_cut');
  });

  it('waits for a slow answer, and stops one when asked', async () => {
    answer({ content: LONG }, {}, { streamingProfile: { ttft: 40, tps: 200 } });
    expect((await ask([user('Hi.')])).text).toBe(LONG);
    mock.reset();
    answer({ content: LONG }, {}, { streamingProfile: { ttft: 10, tps: 8 } });
    const stop = new AbortController();
    setTimeout(() => stop.abort(), 80);
    expect((await failure(listen(stream([user('Hi.')], stop.signal)))).kind).toBe('aborted');
  });
});
