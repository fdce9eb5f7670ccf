import { Secret } from '@app/common';
import { startLlmPeer, type LlmPeer } from '../../../../test/support/llm-peer';
import type { ModelMessage } from '../message';
import type { ModelRequest } from '../model-provider';
import { BUILT_API_STYLES, type BuiltApiStyle } from '../provider-connection';
import { createProvider } from '../provider-registry';
import { listen, resultsFor, stored, TOOLS, user, type Heard } from './contract-wire';

const VENDORS: Record<BuiltApiStyle, { name: string; path: string; model: string }> = {
  anthropic: { name: 'anthropic', path: '', model: 'claude-sonnet-5-5' },
  openai_responses: { name: 'openai', path: '/v1', model: 'gpt-6.1-terra' },
  openai_chat: { name: 'custom', path: '/v1', model: 'thinker-70b' },
  google: { name: 'google', path: '', model: 'gemini-4-argon' },
};
const PAIRS = BUILT_API_STYLES.flatMap((from) => BUILT_API_STYLES.filter((to) => to !== from).map((to) => [from, to] as const));
/** Beside its text, each answer holds what is hard to carry over: thinking, parallel calls, and arguments that were no JSON where they are text. */
const TURNS = ['one', 'two', 'three', 'four'].map((word) => ({
  thinking: `I think of ${word}.`, text: `Turn ${word}.`, calls: [{ name: 'read', args: { path: `${word}.txt` } }, word === 'two' ? { name: 'bash', args: { command: 'ls' }, id: `long|${'x'.repeat(90)}` } : { name: 'bash', args: { command: 'ls' } }],
}));

describe('a conversation that changes its model', () => {
  let peer: LlmPeer;
  beforeAll(async () => {
    peer = await startLlmPeer();
  });
  beforeEach(() => {
    peer.reset();
    peer.script({ by: 'calls', turns: TURNS });
  });
  afterAll(() => peer.stop());

  const ask = (style: BuiltApiStyle, messages: readonly ModelMessage[]): Promise<Heard> => {
    const { name, path, model } = VENDORS[style];
    const provider = createProvider({ apiStyle: style, name, baseUrl: `${peer.url}${path}`, key: new Secret('sk-ant-api03-0123456789abcdef'), compat: { replayReasoning: true } });
    const request: ModelRequest = { model, capabilities: { reasoning: 'adaptive' }, system: 'You are careful.', messages, tools: TOOLS, maxTokens: 4_096, effort: 'medium', cacheKey: 'task-1' };
    return listen(provider.stream(request, new AbortController().signal));
  };
  /** One turn: the answer as a database gives it back, and the results of its calls. */
  const turn = async (style: BuiltApiStyle, history: ModelMessage[]): Promise<Heard> => {
    const heard = await ask(style, history);
    const answer = stored(heard.end.message);
    history.push(answer, resultsFor(answer, `seen by ${style}`));
    return heard;
  };
  const accepted = (): string[] => peer.requests().map(({ status, error }) => (status === 200 ? 'accepted' : String(error)));

  it.each(PAIRS)('begins on %s, goes on on %s and comes back', async (from, to) => {
    const history = [user('Look at everything.')];
    for (const style of [from, to, to, from]) await turn(style, history);
    expect(accepted()).toEqual(['accepted', 'accepted', 'accepted', 'accepted']);
    const [, switched, own, back] = peer.requests().map(({ body }) => JSON.stringify(body));
    // The other vendor reads what was said and done, and none of the thoughts.
    for (const word of ['Turn one.', 'one.txt', `seen by ${from}`]) expect(switched).toContain(word);
    expect(switched).not.toContain('I think of');
    // Each goes on with thoughts of its own.
    expect([own?.includes('I think of two.'), own?.includes('I think of one.')]).toEqual([true, false]);
    expect(['one', 'two', 'three'].map((word) => back?.includes(`I think of ${word}.`))).toEqual([true, false, false]);
  });

  it('may visit every vendor in the middle of its work', async () => {
    const history = [user('Look at everything.')];
    for (const style of BUILT_API_STYLES) await turn(style, history);
    history.push(user('And now?'));
    peer.script({ by: 'calls', turns: [{ text: 'Done.' }, { text: 'Done.' }, { text: 'Done.' }, { text: 'Done.' }] });
    for (const style of BUILT_API_STYLES) expect((await ask(style, history)).text).toBe('Done.');
    expect(new Set(accepted())).toEqual(new Set(['accepted']));
  });
});
