import { ModelError, type ModelErrorKind } from '../model-error';
import type { ModelMessage, ToolSpec } from '../message';
import type { ModelCapabilities, ModelChunk, ModelEnd, ModelProvider, ModelRequest } from '../model-provider';

interface Counts {
  readonly inputTokens: number;
  readonly cacheReadTokens: number;
  readonly cacheWriteShortTokens: number;
  readonly cacheWriteLongTokens: number;
  readonly outputTokens: number;
  readonly reasoningTokens: number;
}

/** A turn as the vendor's stand-in plays it. */
export interface ContractTurn {
  readonly thinking?: string;
  readonly text?: string;
  readonly calls?: readonly { readonly name: string; readonly args?: unknown; readonly rawArgs?: string }[];
  readonly stop?: 'refusal' | 'length' | 'window';
}

export interface ContractFault {
  readonly status?: number;
  readonly type?: string;
  readonly code?: string;
  readonly message?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly delayMs?: number;
  readonly cutAfter?: number;
  readonly endAfter?: number;
  readonly errorAfter?: number;
  readonly hangAfter?: number;
  readonly chunkBytes?: number;
}

/** The vendor's stand-in, over real HTTP. */
export interface ContractPeer {
  readonly url: string;
  requests(): readonly { readonly status: number; readonly usage: Counts | null; readonly isComplete: boolean; readonly isAborted: boolean; readonly requestId: string; readonly body: unknown }[];
  script(script: { readonly by: 'calls'; readonly turns: readonly ContractTurn[] }): void;
  fault(fault: ContractFault): void;
  setContextWindow(tokens: number): void;
  reset(): void;
  stop(): Promise<void>;
}

export interface WireUnderTest {
  readonly startPeer: () => Promise<ContractPeer>;
  readonly connect: (peerUrl: string, key?: string) => ModelProvider;
  readonly model: string;
  readonly otherModel: string;
  readonly capabilities: ModelCapabilities;
  /** Faults as this vendor reports them, and the kind each must become. */
  readonly faults: readonly (readonly [name: string, fault: ContractFault, kind: ModelErrorKind])[];
  /** Whether usage is known before the end of a stream. */
  readonly reportsUsageEarly: boolean;
  /** The model's thinking in a request that this wire sent; empty when there is none. */
  readonly thinkingIn: (body: unknown) => string[];
  /** The parts of a request in the order in which the vendor caches them, without cache marks. */
  readonly promptOf: (body: unknown) => unknown[];
}

const TOOLS: ToolSpec[] = [
  { name: 'read', description: 'Reads a file.', parameters: { type: 'object', properties: { path: { type: 'string' } }, required: ['path'] } },
  { name: 'bash', description: 'Runs a command.', parameters: { type: 'object', properties: { command: { type: 'string' } }, required: ['command'] } },
];
const LONG = 'A line of a long document that is worth caching.\n'.repeat(200);

export const user = (text: string): ModelMessage => ({ role: 'user', parts: [{ t: 'text', text }] });
const assistant = (text: string): ModelMessage => ({ role: 'assistant', parts: [{ t: 'text', text }] });
const call = (id: string, name = 'read'): ModelMessage['parts'][number] => ({ t: 'call', id, name, args: { path: 'a.txt' } });
const result = (id: string, text = 'one', name = 'read'): ModelMessage['parts'][number] => ({ t: 'result', id, name, text, isError: false });

interface Heard {
  readonly text: string;
  readonly think: string;
  readonly end: ModelEnd;
}

/** Listens to the end. @throws what the stream throws; {Error} when there is not exactly one end, last. */
export async function listen(stream: AsyncIterable<ModelChunk>): Promise<Heard> {
  const heard = { text: '', think: '' };
  const ends: ModelEnd[] = [];
  for await (const chunk of stream) {
    if (ends.length > 0) throw new Error('something followed the end');
    if (chunk.t === 'delta') heard[chunk.kind] += chunk.text;
    else ends.push(chunk);
  }
  const [end] = ends;
  if (!end) throw new Error('the stream had no end');
  return { ...heard, end };
}

/** One suite for every wire: what the port promises, against a vendor that answers over HTTP. */
export function describeProviderContract(name: string, wire: WireUnderTest): void {
  describe(`${name}: provider contract`, () => {
    let peer: ContractPeer;
    let provider: ModelProvider;
    const { signal } = new AbortController();

    beforeAll(async () => {
      peer = await wire.startPeer();
      provider = wire.connect(peer.url);
    });
    beforeEach(() => peer.reset());
    afterAll(() => peer.stop());

    const request = (messages: readonly ModelMessage[], change: Partial<ModelRequest> = {}): ModelRequest => ({
      model: wire.model, capabilities: wire.capabilities, system: 'You are careful.', messages, tools: TOOLS, maxTokens: 4_096, cacheKey: 'task-1', ...change,
    });
    const ask = (messages: readonly ModelMessage[], change?: Partial<ModelRequest>): Promise<Heard> => listen(provider.stream(request(messages, change), signal));
    const failure = async (work: Promise<unknown>): Promise<ModelError> => {
      const error = await work.then(() => null, (reason: unknown) => reason);
      expect(error).toBeInstanceOf(ModelError);
      return error as ModelError;
    };
    const lastRequest = (): ReturnType<ContractPeer['requests']>[number] => {
      const entry = peer.requests().at(-1);
      if (!entry) throw new Error('nothing reached the vendor');
      return entry;
    };
    /** Every request of the test was taken: the stand-in refuses what the vendor refuses. */
    const expectAllAccepted = (count: number): void => expect(peer.requests().map(({ status }) => status)).toEqual(Array.from({ length: count }, () => 200));

    describe('an answer', () => {
      it('streams text and ends once, with the message, its origin and an id', async () => {
        peer.script({ by: 'calls', turns: [{ text: 'It is done, and it took four steps.' }] });
        const { text, end } = await ask([user('Do it.')]);
        expect(text).toBe('It is done, and it took four steps.');
        expect(end.message).toEqual({ role: 'assistant', parts: [{ t: 'text', text }], origin: { provider: provider.name, model: wire.model } });
        expect(end.stop).toBe('stop');
        expect(end.responseId).toMatch(/\w{8}/);
      });

      it('carries parallel calls in order, and takes their results back', async () => {
        peer.script({ by: 'calls', turns: [{ text: 'Two at once.', calls: [{ name: 'read', args: { path: 'ä/ü.txt' } }, { name: 'bash', args: { command: 'echo "hi"\n' } }, { name: 'bash' }] }, { text: 'Seen.' }] });
        const first = await ask([user('Look.')]);
        const calls = first.end.message.parts.filter((part) => part.t === 'call');
        expect(first.end.stop).toBe('tool');
        expect(calls.map(({ name: tool, args }) => [tool, args])).toEqual([['read', { path: 'ä/ü.txt' }], ['bash', { command: 'echo "hi"\n' }], ['bash', {}]]);
        expect(new Set(calls.map(({ id }) => id)).size).toBe(3);
        const results: ModelMessage = { role: 'tool', parts: calls.map(({ id, name: tool }) => result(id, `of ${tool}`, tool)) };
        expect((await ask([user('Look.'), first.end.message, results])).text).toBe('Seen.');
        expectAllAccepted(2);
      });

      it('gives arguments that are not a JSON object as text with their fault, and survives sending them back', async () => {
        peer.script({ by: 'calls', turns: [{ calls: [{ name: 'read', rawArgs: '{"path": "a.txt' }, { name: 'read', rawArgs: '["a.txt"]' }] }, { text: 'Sorry.' }] });
        const first = await ask([user('Look.')]);
        const calls = first.end.message.parts.filter((part) => part.t === 'call');
        expect(calls.map(({ args }) => args)).toEqual(['{"path": "a.txt', '["a.txt"]']);
        expect(calls.map(({ argsError }) => argsError)).toEqual([expect.stringContaining('not valid JSON'), expect.stringContaining('must be a JSON object')]);
        await ask([user('Look.'), first.end.message, { role: 'tool', parts: calls.map(({ id }) => result(id)) }]);
        expectAllAccepted(2);
      });

      it('says when it was cut at the limit, and when the model refused', async () => {
        peer.script({ by: 'calls', turns: [{ text: 'word '.repeat(100) }, { text: 'I cannot.', stop: 'refusal' }] });
        const cut = await ask([user('Talk.')], { maxTokens: 10 });
        expect([cut.end.stop, cut.end.usage.outputTokens]).toEqual(['length', 10]);
        expect((await ask([user('Harm.')])).end.stop).toBe('refusal');
      });

      it('survives characters and JSON that are split between packets', async () => {
        const text = 'Grüße, 世界 👩‍👩‍👧 — ende';
        peer.script({ by: 'calls', turns: [{ text, calls: [{ name: 'read', args: { path: 'ß/𝒳/"\\.txt' } }] }] });
        peer.fault({ chunkBytes: 1 });
        const { text: heard, end } = await ask([user('Tell.')]);
        expect(heard).toBe(text);
        expect(end.message.parts).toMatchObject([{ t: 'text', text }, { t: 'call', args: { path: 'ß/𝒳/"\\.txt' } }]);
      });
    });

    describe('thinking', () => {
      it('is shown, kept apart from the text, and goes back unchanged to the model that had it', async () => {
        peer.script({ by: 'calls', turns: [{ thinking: 'First I look — 思考.', text: 'Looking.', calls: [{ name: 'read', args: { path: 'a' } }] }, { text: 'Seen.' }] });
        const first = await ask([user('Look.')]);
        expect([first.think, first.text]).toEqual(['First I look — 思考.', 'Looking.']);
        expect(first.end.message.parts[0]).toMatchObject({ t: 'think', text: 'First I look — 思考.' });
        expect(first.end.usage.reasoningTokens).toBeGreaterThan(0);
        const stored = JSON.parse(JSON.stringify(first.end.message)) as ModelMessage;
        const id = stored.parts.find((part) => part.t === 'call')?.id ?? '';
        await ask([user('Look.'), stored, { role: 'tool', parts: [result(id)] }]);
        expect(wire.thinkingIn(lastRequest().body)).toEqual(['First I look — 思考.']);
        expectAllAccepted(2);
      });

      it('stays away from another model', async () => {
        peer.script({ by: 'calls', turns: [{ thinking: 'Hm.', text: 'Looking.', calls: [{ name: 'read', args: { path: 'a' } }] }, { text: 'Seen.' }] });
        const first = await ask([user('Look.')]);
        const id = first.end.message.parts.find((part) => part.t === 'call')?.id ?? '';
        await ask([user('Look.'), first.end.message, { role: 'tool', parts: [result(id)] }], { model: wire.otherModel });
        expect(wire.thinkingIn(lastRequest().body)).toEqual([]);
        expectAllAccepted(2);
      });
    });

    describe('usage', () => {
      it('is what the vendor counted, in disjoint parts, through a growing conversation', async () => {
        peer.script({ by: 'calls', turns: [{ thinking: 'Hm.', text: 'One.' }, { text: 'Two.' }] });
        const history = [user(LONG), user('First.')];
        const first = await ask(history);
        const second = await ask([...history, first.end.message, user('Second.')]);
        for (const [n, { end }] of [first, second].entries()) expect(end.usage).toEqual({ ...peer.requests()[n]?.usage, raw: expect.anything() as unknown });
        expect(first.end.usage).toMatchObject({ cacheReadTokens: 0, reasoningTokens: 1 });
        expect(first.end.usage.cacheWriteShortTokens).toBeGreaterThan(1_000);
        expect(second.end.usage.cacheReadTokens).toBeGreaterThan(1_000);
        expect(second.end.usage.inputTokens).toBeGreaterThan(0);
      });

      it('finds its cache because a request begins with the one before it', async () => {
        peer.script({ by: 'calls', turns: [{ text: 'Looking.', calls: [{ name: 'read', args: { path: 'a' } }] }, { text: 'Seen.' }] });
        const first = await ask([user(LONG)]);
        const id = first.end.message.parts.find((part) => part.t === 'call')?.id ?? '';
        await ask([user(LONG), first.end.message, { role: 'tool', parts: [result(id)] }, user('And?')]);
        const [before, after] = peer.requests().map(({ body }) => wire.promptOf(body));
        expect(after?.slice(0, before?.length)).toEqual(before);
        expect(after?.length).toBeGreaterThan(before?.length ?? 0);
      });
    });

    describe('history', () => {
      it('is repaired: a call without a result gets one, a result without a call goes', async () => {
        peer.script({ by: 'calls', turns: [{ text: 'Going on.' }] });
        await ask([
          user('Look.'),
          { role: 'tool', parts: [result('never-called')] },
          { role: 'assistant', parts: [{ t: 'text', text: 'Both.' }, call('a1'), call('a2')] },
          { role: 'tool', parts: [result('a2'), result('a2', 'again'), result('stray')] },
          { role: 'assistant', parts: [call('b1')] },
          user('Never mind.'),
          { role: 'tool', parts: [result('b1', 'late')] },
          { role: 'assistant', parts: [call('c1')] },
        ]);
        expect(JSON.stringify(lastRequest().body)).toContain('late');
        expectAllAccepted(1);
      });

      it('of another vendor is understood: long ids, foreign thinking, marks', async () => {
        peer.script({ by: 'calls', turns: [{ text: 'Going on.' }] });
        const id = `fc_${'0123456789abcdef'.repeat(6)}|item:7`;
        const foreign = { provider: 'somebody', model: wire.model, raw: { redacted: [0] } };
        await ask([user('Look.'), { role: 'assistant', parts: [{ t: 'think', text: 'Hm.', sig: 'theirs' }, call(id)], origin: foreign }, { role: 'tool', parts: [result(id)] }, user('Go on.')]);
        expect(wire.thinkingIn(lastRequest().body)).toEqual([]);
        expectAllAccepted(1);
      });

      it('may hold empty texts, half characters and a last word of the model', async () => {
        peer.script({ by: 'calls', turns: [{ text: 'Fine.' }, { text: 'Fine.' }] });
        await ask([user('Cut \ud83d here'), assistant('  '), user('\n'), { role: 'assistant', parts: [{ t: 'think', text: 'only thought' }] }, user('So?'), assistant('As I said')], { system: '' });
        await ask([user('Look.'), { role: 'assistant', parts: [call('a1')] }, { role: 'tool', parts: [{ ...result('a1'), text: '', isError: true } as ModelMessage['parts'][number]] }], { tools: [] });
        expectAllAccepted(2);
      });

      it('takes several texts of the user in a row', async () => {
        peer.script({ by: 'calls', turns: [{ text: 'Fine.' }] });
        await ask([user('One.'), user('Two.'), assistant('Yes.'), assistant('Well.'), user('Three.')]);
        expect(JSON.stringify(lastRequest().body)).toMatch(/One\..*Two\..*Yes\..*Well\..*Three\./);
        expectAllAccepted(1);
      });
    });

    describe('failure', () => {
      it.each(wire.faults)('%s', async (_, fault, kind) => {
        peer.fault(fault);
        const error = await failure(ask([user('Hi.')]));
        expect(error.kind).toBe(kind);
        expect(error.facts.provider).toBe(provider.name);
        expect(error.facts.requestId).toBe(lastRequest().requestId);
        expect(error.message).not.toBe('');
      });

      it.each([
        ['retry-after-ms', { 'retry-after-ms': '1500' }, 1_500, 1_500],
        ['retry-after in seconds', { 'retry-after': '7' }, 7_000, 7_000],
        ['retry-after as a date', { 'retry-after': new Date(Date.now() + 90_000).toUTCString() }, 60_000, 90_000],
      ])('tells how long to wait: %s', async (_, headers, least, most) => {
        peer.fault({ status: 429, headers });
        const error = await failure(ask([user('Hi.')]));
        expect(error.kind).toBe('rate_limit');
        expect(error.facts.retryAfterMs).toBeGreaterThanOrEqual(least);
        expect(error.facts.retryAfterMs).toBeLessThanOrEqual(most);
      });

      it('is made once: no retry is hidden in the SDK', async () => {
        peer.fault({ status: 500 });
        await failure(ask([user('Hi.')]));
        expect(peer.requests()).toHaveLength(1);
      });

      it('is auth for a wrong key, without quoting the key', async () => {
        const key = 'sk-ant-invalid-0123456789';
        const error = await failure(listen(wire.connect(peer.url, key).stream(request([user('Hi.')]), signal)));
        expect([error.kind, error.facts.status]).toEqual(['auth', 401]);
        expect(error.message).not.toContain(key);
      });

      it('is context_overflow for a prompt beyond the window, and for a window that fills up', async () => {
        peer.setContextWindow(1_000);
        expect((await failure(ask([user(LONG)]))).kind).toBe('context_overflow');
        peer.reset();
        peer.script({ by: 'calls', turns: [{ stop: 'window' }] });
        const error = await failure(ask([user('Hi.')]));
        expect(error.kind).toBe('context_overflow');
        expect(error.facts.usage?.inputTokens).toBeGreaterThan(0);
      });

      it('is network when the connection breaks before an answer, or cannot be made', async () => {
        peer.fault({ cutAfter: 0 });
        expect((await failure(ask([user('Hi.')]))).kind).toBe('network');
        const nowhere = wire.connect('http://127.0.0.1:9');
        expect((await failure(listen(nowhere.stream(request([user('Hi.')]), signal)))).kind).toBe('network');
      });

      it.each([['broken', { cutAfter: 3 }], ['ended without its closing events', { endAfter: 3 }]])('is stream_cut for an answer that is %s', async (_, fault) => {
        peer.script({ by: 'calls', turns: [{ text: 'A long and thoughtful answer that nobody will hear to its end.' }] });
        peer.fault(fault);
        const error = await failure(ask([user('Hi.')]));
        expect(error.kind).toBe('stream_cut');
        if (wire.reportsUsageEarly) expect(error.facts.usage).toEqual({ ...lastRequest().usage, raw: expect.anything() as unknown });
        else expect(error.facts.usage).toBeUndefined();
      });

      it('is what the vendor says in the middle of a stream', async () => {
        peer.script({ by: 'calls', turns: [{ text: 'A long and thoughtful answer.' }] });
        peer.fault({ status: 529, errorAfter: 3, type: 'overloaded_error' });
        expect((await failure(ask([user('Hi.')]))).kind).toBe('overloaded');
      });

      it('is aborted when we stop it, before the first byte and in the middle, and the vendor sees us go', async () => {
        peer.script({ by: 'calls', turns: [{ text: 'A long and thoughtful answer that nobody will hear to its end.' }] });
        for (const fault of [{ delayMs: 30_000 }, { hangAfter: 4 }]) {
          peer.fault(fault);
          const stop = new AbortController();
          setTimeout(() => stop.abort(new Error('cancel')), 60);
          expect((await failure(listen(provider.stream(request([user('Hi.')]), stop.signal)))).kind).toBe('aborted');
        }
        await until(() => peer.requests().every(({ isAborted }) => isAborted));
        expect(peer.requests()).toHaveLength(2);
      });

      it('is aborted without a call when it was stopped before', async () => {
        expect((await failure(listen(provider.stream(request([user('Hi.')]), AbortSignal.abort())))).kind).toBe('aborted');
        expect(peer.requests()).toEqual([]);
      });

      it('leaves no connection behind when the listener walks away', async () => {
        peer.script({ by: 'calls', turns: [{ text: 'A long and thoughtful answer.' }] });
        peer.fault({ hangAfter: 5 });
        for await (const chunk of provider.stream(request([user('Hi.')]), signal)) if (chunk.t === 'delta' && chunk.text !== '') break;
        await until(() => lastRequest().isAborted);
        expect(peer.requests()).toHaveLength(1);
      });
    });
  });
}

async function until(done: () => boolean): Promise<void> {
  for (let tries = 0; !done(); tries++) {
    if (tries > 200) throw new Error('it did not happen within 4 s');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
