import { Secret } from '@app/common';
import fc from 'fast-check';
import { startLlmPeer, type LlmPeer } from '../../../../test/support/llm-peer';
import { ModelError } from '../model-error';
import type { Part } from '../message';
import type { ModelEnd } from '../model-provider';
import { BUILT_API_STYLES, type BuiltApiStyle } from '../provider-connection';
import { createProvider } from '../provider-registry';
import { listen, TOOLS, user } from './contract-wire';

const MODELS: Record<BuiltApiStyle, string> = { anthropic: 'claude-sonnet-5-5', openai_responses: 'gpt-6.1-terra', openai_chat: 'thinker-70b', google: 'gemini-4-argon' };
const PATHS: Record<BuiltApiStyle, string> = { anthropic: '', openai_responses: '/v1', openai_chat: '/v1', google: '' };
const JUNK = [null, 0, -1, 1e300, '', 'x', '{', true, [], {}, [null], { text: 1 }];

interface Change {
  readonly event: number;
  readonly leaf: number;
  readonly junk: unknown;
}

const changes = fc.array(fc.record({ event: fc.nat(60), leaf: fc.nat(40), junk: fc.constantFrom<unknown>(...JUNK) }), { minLength: 1, maxLength: 4 });

/** Every place below a value, as the object that holds it and its name. */
function places(value: unknown): [Record<string, unknown>, string][] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]): [Record<string, unknown>, string][] => [[value as Record<string, unknown>, name], ...places(inner)]);
}

/** The stream with junk in some places. */
function spoilt(stream: string, list: readonly Change[]): string {
  const lines = stream.split('\n');
  const data = lines.flatMap((line, n) => (line.startsWith('data: {') ? [n] : []));
  for (const { event, leaf, junk } of list) {
    const at = data[event % data.length] ?? 0;
    const value = JSON.parse((lines[at] ?? '').slice(6)) as unknown;
    const all = places(value);
    const [holder, name] = all[leaf % all.length] ?? [{}, ''];
    holder[name] = junk;
    lines[at] = `data: ${JSON.stringify(value)}`;
  }
  return lines.join('\n');
}

function expectWhole({ message, usage, stop }: ModelEnd): void {
  const typesOf = (part: Part): string[] => [typeof (part.t === 'call' ? part.id : part.text), part.t === 'call' ? typeof part.name : 'string', 'sig' in part ? typeof part.sig : 'string'];
  for (const part of message.parts) expect(typesOf(part)).toEqual(['string', 'string', 'string']);
  for (const part of message.parts) if (part.t === 'call' && part.argsError === undefined) expect(part.args).toEqual(expect.any(Object));
  expect(['stop', 'tool', 'length', 'refusal']).toContain(stop);
  const { inputTokens, cacheReadTokens, cacheWriteShortTokens, cacheWriteLongTokens, outputTokens, reasoningTokens } = usage;
  for (const count of [inputTokens, cacheReadTokens, cacheWriteShortTokens, cacheWriteLongTokens, outputTokens, reasoningTokens]) expect(Number.isSafeInteger(count) && count >= 0).toBe(true);
}

/** A server of a customer's own answers what it likes: the port still gives a whole answer, or its one error. */
describe.each(BUILT_API_STYLES)('%s with junk in the answer', (style) => {
  let peer: LlmPeer;
  let stream = '';
  const ask = (fetch: typeof globalThis.fetch) => {
    const provider = createProvider({ apiStyle: style, name: 'somebody', baseUrl: `${peer.url}${PATHS[style]}`, key: new Secret('sk-ant-api03-0123456789abcdef'), fetch });
    const request = { model: MODELS[style], capabilities: { reasoning: 'adaptive' as const }, system: '', messages: [user('Hi.')], tools: TOOLS, maxTokens: 4_096, cacheKey: 'c' };
    return listen(provider.stream(request, new AbortController().signal));
  };
  beforeAll(async () => {
    peer = await startLlmPeer();
    peer.script({ turns: [{ thinking: 'Hm.', text: 'Two calls.', calls: [{ name: 'read', args: { path: 'a' } }, { name: 'bash', args: { command: 'ls' } }] }] });
    await ask(async (input, init) => {
      const response = await fetch(input, init);
      stream = await response.clone().text();
      return response;
    });
  });
  afterAll(() => peer.stop());

  it('gives a whole answer, or one error', async () => {
    await fc.assert(
      fc.asyncProperty(changes, async (list) => {
        const body = spoilt(stream, list);
        const answer = await ask(() => Promise.resolve(new Response(body, { headers: { 'content-type': 'text/event-stream' } }))).catch((error: unknown) => error);
        if (answer instanceof Error && !(answer instanceof ModelError)) throw answer;
        if (answer instanceof ModelError) expect(answer.message).not.toBe('');
        else expectWhole((answer as { end: ModelEnd }).end);
      }),
      { numRuns: 100 },
    );
  });
});
