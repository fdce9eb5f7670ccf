import Anthropic from '@anthropic-ai/sdk';
import { aider, ExternalEngine, type AgentHost, type AgentOutcome, type ExecResult, type ModelGate, type ProgramRun } from '@app/agent';
import { JournalStore, MemoryJournal, MemoryWorkspace, testHost, testTask, type MemoryJournalOptions } from '@app/agent/testing';
import { Secret, StopError } from '@app/common';
import { FakeClock } from '@app/common/testing';
import { createProvider, type BuiltApiStyle, type Usage } from '@app/providers';
import { GoogleGenAI } from '@google/genai';
import { mkdtemp, rm } from 'node:fs/promises';
import { request } from 'node:http';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import OpenAI from 'openai';
import { startLlmPeer, type LlmPeer, type PeerTurn } from '../../../../test/support/llm-peer';
import { ModelGateway } from './model-gateway';

jest.setTimeout(60_000);
const MODEL = 'house-model';
const LOOK: PeerTurn = { text: 'I look.', calls: [{ name: 'look', args: { path: 'a "b"\n.ts' } }] };
const DONE: PeerTurn = { text: 'Dönе ✓ done.' };
const SCHEMA = { type: 'object' as const, properties: { path: { type: 'string' } }, required: ['path'] };

let peer: LlmPeer;
let folder: string;
let relay: Server;
let socket = '';
const open = new Set<Socket>();
beforeAll(async () => {
  peer = await startLlmPeer();
  folder = await mkdtemp(join(tmpdir(), 'gateway-'));
  // The SDKs speak TCP; in the sandbox the launcher does what this does.
  relay = createServer((client) => {
    const door = connect(socket);
    open.add(client.once('close', () => open.delete(client)));
    for (const side of [client, door]) side.on('error', () => [client, door].forEach((one) => one.destroy()));
    client.pipe(door).pipe(client);
  });
  await new Promise<void>((resolve) => relay.listen(0, '127.0.0.1', resolve));
});
afterAll(async () => {
  relay.close();
  for (const client of open) client.destroy();
  await peer.stop();
  await rm(folder, { recursive: true, force: true });
});
beforeEach(() => peer.reset());

interface Door {
  readonly origin: string;
  readonly token: string;
  readonly gate: ModelGate;
  readonly abort: AbortController;
}
interface Played {
  readonly outcome: AgentOutcome | Error;
  readonly store: JournalStore;
}
interface Setting {
  readonly out?: BuiltApiStyle;
  readonly grant?: MemoryJournalOptions['grant'];
  readonly task?: Parameters<typeof testTask>[0];
  readonly clock?: FakeClock;
}

const ended: ExecResult = { exitCode: 0, output: '', outputBytes: 0, truncated: false, durationMs: 1, killed: null };

/** One turn of an agent whose program is `work`, on a model of the peer. */
async function turn(work: (door: Door) => Promise<void>, { out = 'anthropic', grant, task, clock }: Setting = {}): Promise<Played> {
  const store = new JournalStore();
  const abort = new AbortController();
  const provider = createProvider({ apiStyle: out, name: out === 'anthropic' ? 'anthropic' : 'openai', baseUrl: out === 'anthropic' ? peer.url : `${peer.url}/v1`, key: new Secret('sk-ant-api03-the-platforms-own-key') });
  const run = async ({ gate }: ProgramRun): Promise<ExecResult> => {
    const gateway = await ModelGateway.open(folder, null, gate);
    socket = gateway.socket;
    try {
      await work({ origin: `http://127.0.0.1:${(relay.address() as AddressInfo).port}`, token: gateway.token, gate, abort });
      abort.signal.throwIfAborted();
      return ended;
    } finally {
      await gateway.close();
      await rm(socket, { force: true });
    }
  };
  const host: AgentHost = {
    ...testHost({ provider, workspace: new MemoryWorkspace({}), journal: new MemoryJournal(store, grant ? { grant } : {}), task: testTask({ mode: 'ask', ...task }), signal: abort.signal }),
    ...(clock ? { clock } : {}),
    model: { provider, name: MODEL, model: out === 'anthropic' ? 'claude-sonnet-5-5' : 'gpt-6.1-terra', capabilities: {}, contextWindow: 200_000, maxOutputTokens: 8_000 },
  };
  const outcome = await new ExternalEngine(aider, { run }).run(host).catch((error: unknown) => error as Error);
  return { outcome, store };
}

/** Two calls of a client: one that asks for a tool, and one with the tool's result. What each answer said, called and counted. */
type Conversation = (door: Door, streams: boolean) => Promise<{ text: string; calls: { name: string; args: unknown }[]; prompt: number; output: number }[]>;

const chat: Conversation = async ({ origin, token }, streams) => {
  const client = new OpenAI({ apiKey: token, baseURL: `${origin}/v1`, maxRetries: 0 });
  const messages: OpenAI.Chat.ChatCompletionMessageParam[] = [{ role: 'system', content: 'Be short.' }, { role: 'user', content: [{ type: 'text', text: 'Look at it.' }] }];
  const seen = [];
  for (let n = 0; n < 2; n++) {
    const asked = { model: MODEL, messages, tools: [{ type: 'function' as const, function: { name: 'look', description: 'Looks.', parameters: SCHEMA } }] };
    const answer = streams ? await client.chat.completions.stream({ ...asked, stream_options: { include_usage: true } }).finalChatCompletion() : await client.chat.completions.create(asked);
    const message = answer.choices[0]!.message;
    const calls = (message.tool_calls ?? []).flatMap((call) => (call.type === 'function' ? [call] : []));
    seen.push({ text: message.content ?? '', calls: calls.map(({ function: { name, arguments: args } }) => ({ name, args: JSON.parse(args) as unknown })), prompt: answer.usage!.prompt_tokens, output: answer.usage!.completion_tokens });
    messages.push(message, ...calls.map(({ id }) => ({ role: 'tool' as const, tool_call_id: id, content: 'it is there' })));
  }
  return seen;
};

const messagesApi: Conversation = async ({ origin, token }, streams) => {
  const client = new Anthropic({ apiKey: token, baseURL: origin, maxRetries: 0 });
  const messages: Anthropic.MessageParam[] = [{ role: 'user', content: 'Look at it.' }];
  const seen = [];
  for (let n = 0; n < 2; n++) {
    const asked = { model: MODEL, max_tokens: 1_000, system: [{ type: 'text' as const, text: 'Be short.' }], messages, tools: [{ name: 'look', description: 'Looks.', input_schema: SCHEMA }] };
    const { content, usage } = streams ? await client.messages.stream(asked).finalMessage() : await client.messages.create(asked);
    const calls = content.flatMap((block) => (block.type === 'tool_use' ? [block] : []));
    const text = content.flatMap((block) => (block.type === 'text' ? [block.text] : [])).join('');
    seen.push({ text, calls: calls.map(({ name, input }) => ({ name, args: input })), prompt: usage.input_tokens + (usage.cache_read_input_tokens ?? 0) + (usage.cache_creation_input_tokens ?? 0), output: usage.output_tokens });
    messages.push({ role: 'assistant', content }, { role: 'user', content: calls.map(({ id }) => ({ type: 'tool_result', tool_use_id: id, content: [{ type: 'text', text: 'it is there' }] })) });
  }
  return seen;
};

const responses: Conversation = async ({ origin, token }, streams) => {
  const client = new OpenAI({ apiKey: token, baseURL: `${origin}/v1`, maxRetries: 0 });
  const input: OpenAI.Responses.ResponseInput = [{ role: 'user', content: [{ type: 'input_text', text: 'Look at it.' }] }];
  const seen = [];
  for (let n = 0; n < 2; n++) {
    const asked = { model: MODEL, instructions: 'Be short.', store: false, input, tools: [{ type: 'function' as const, name: 'look', description: 'Looks.', parameters: SCHEMA, strict: false }] };
    const answer = streams ? await client.responses.stream(asked).finalResponse() : await client.responses.create(asked);
    const calls = answer.output.flatMap((item) => (item.type === 'function_call' ? [item] : []));
    const text = answer.output.flatMap((item) => (item.type === 'message' ? item.content : [])).map((part) => (part.type === 'output_text' ? part.text : '')).join('');
    seen.push({ text, calls: calls.map(({ name, arguments: args }) => ({ name, args: JSON.parse(args) as unknown })), prompt: answer.usage!.input_tokens, output: answer.usage!.output_tokens });
    input.push(...(answer.output as OpenAI.Responses.ResponseInput), ...calls.map(({ call_id }) => ({ type: 'function_call_output' as const, call_id, output: 'it is there' })));
  }
  return seen;
};

const gemini: Conversation = async ({ origin, token }, streams) => {
  const client = new GoogleGenAI({ apiKey: token, httpOptions: { baseUrl: origin, fetch: (url: string | URL | Request, init?: RequestInit) => fetch(url, { ...init, ...{ dispatcher: undefined } }) } });
  const contents: object[] = [{ role: 'user', parts: [{ text: 'Look at it.' }] }];
  const seen = [];
  for (let n = 0; n < 2; n++) {
    const asked = { model: MODEL, contents, config: { systemInstruction: 'Be short.', tools: [{ functionDeclarations: [{ name: 'look', description: 'Looks.', parametersJsonSchema: SCHEMA }] }] } };
    const parts = [];
    let usage = {} as { promptTokenCount?: number; candidatesTokenCount?: number };
    for await (const chunk of streams ? await client.models.generateContentStream(asked) : [await client.models.generateContent(asked)]) {
      parts.push(...(chunk.candidates?.[0]?.content?.parts ?? []));
      usage = chunk.usageMetadata ?? usage;
    }
    const calls = parts.flatMap((part) => (part.functionCall ? [part.functionCall] : []));
    seen.push({ text: parts.map((part) => part.text ?? '').join(''), calls: calls.map(({ name, args }) => ({ name: name ?? '', args })), prompt: usage.promptTokenCount ?? 0, output: usage.candidatesTokenCount ?? 0 });
    contents.push({ role: 'model', parts }, { role: 'user', parts: calls.map(({ id, name }) => ({ functionResponse: { id, name, response: { output: 'it is there' } } })) });
  }
  return seen;
};

const promptOf = (usage: Omit<Usage, 'raw'>): number => usage.inputTokens + usage.cacheReadTokens + usage.cacheWriteShortTokens + usage.cacheWriteLongTokens;

describe.each([['Chat Completions', chat], ['Messages', messagesApi], ['Responses', responses], ['generateContent', gemini]] as const)('%s inwards', (_, converse) => {
  it.each([['anthropic', true], ['anthropic', false], ['openai_chat', true], ['openai_chat', false]] as const)('is answered by a model on %s (stream: %s), to the token', async (out, streams) => {
    peer.script({ turns: [LOOK, DONE] });
    let seen: Awaited<ReturnType<Conversation>> = [];
    const { outcome, store } = await turn(async (door) => void (seen = await converse(door, streams)), { out });
    if (outcome instanceof Error) throw outcome;
    expect(seen.map(({ text, calls }) => ({ text, calls }))).toEqual([{ text: 'I look.', calls: [{ name: 'look', args: { path: 'a "b"\n.ts' } }] }, { text: DONE.text, calls: [] }]);
    const answered = peer.requests();
    expect(answered.map(({ status, key }) => [status, key])).toEqual([[200, '-key'], [200, '-key']]);
    const counts = answered.map(({ usage }) => ({ prompt: promptOf(usage!), output: usage!.outputTokens }));
    expect(seen.map(({ prompt, output }) => ({ prompt, output }))).toEqual(counts);
    expect(store.ofType('model.completed').map(({ usage }) => ({ prompt: promptOf(usage), output: usage.outputTokens }))).toEqual(counts);
    expect(JSON.stringify(answered[1]?.body)).toContain('it is there');
    expect(JSON.stringify(answered[0]?.body)).toContain('Be short.');
    expect(store.openCalls.size).toBe(0);
  });
});

describe('the gateway', () => {
  const post = async ({ origin, token }: Pick<Door, 'origin' | 'token'>, path: string, body: unknown, headers: Record<string, string> = { authorization: `Bearer ${token}` }): Promise<{ status: number; body: Record<string, unknown> }> => {
    const answer = await fetch(`${origin}${path}`, { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body: typeof body === 'string' ? body : JSON.stringify(body) });
    return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
  };
  const hello = { model: MODEL, max_tokens: 50, messages: [{ role: 'user', content: 'Hello' }] };

  it('keeps thinking for the vendor that signed it, whatever the agent\'s wire can carry', async () => {
    peer.script({ turns: [{ thinking: 'Hm.', ...LOOK }, DONE] });
    await turn(async (door) => void (await chat(door, true)));
    expect(JSON.stringify(peer.requests()[1]?.body)).toContain('"signature"');
    expect(peer.requests()[1]?.status).toBe(200);
  });

  it('opens to the task\'s token alone, in the error form of each wire, and shows one model', async () => {
    peer.script({ turns: [DONE] });
    await turn(async (door) => {
      for (const headers of [{}, { authorization: 'Bearer wrong' }, { 'x-api-key': `${door.token}0` }] as Record<string, string>[]) {
        expect(await post(door, '/v1/chat/completions', hello, headers)).toMatchObject({ status: 401, body: { error: { type: 'authentication_error', code: 'auth' } } });
        expect(await post(door, '/v1/messages', hello, headers)).toMatchObject({ status: 401, body: { type: 'error', error: { type: 'authentication_error' } } });
      }
      expect(peer.requests()).toEqual([]);
      const list = await fetch(`${door.origin}/v1/models`, { headers: { 'x-api-key': door.token } });
      expect(await list.json()).toMatchObject({ object: 'list', data: [{ id: MODEL }] });
      expect((await fetch(`${door.origin}/v1/models`)).status).toBe(401);
      expect(await post(door, '/v1/embeddings', hello)).toMatchObject({ status: 404 });
      expect(await post(door, '/v1/messages/count_tokens', hello)).toMatchObject({ status: 200, body: { input_tokens: expect.any(Number) as number } });
      expect(await post(door, '/v1/chat/completions', hello)).toMatchObject({ status: 200 });
    });
  });

  it('refuses other models, bodies that make no sense and bodies without end, and holds nothing for them', async () => {
    peer.script({ turns: [DONE] });
    const { store } = await turn(async (door) => {
      expect(await post(door, '/v1/chat/completions', { ...hello, model: 'claude-opus-5-5' })).toMatchObject({ status: 404, body: { error: { code: 'model_not_found' } } });
      for (const body of ['{', '[]', 'null', '{"model": 1}', '{"model": "x", "messages": {}}', '{"model": "x", "messages": [1]}']) expect((await post(door, '/v1/chat/completions', body)).status).toBe(400);
      for (const path of ['/v1/messages', '/v1/responses', '/v1beta/models/x:generateContent']) expect((await post(door, path, '"text"')).status).toBe(400);
      const { status } = await new Promise<{ status: number }>((resolve, reject) => {
        const sent = request(`${door.origin}/v1/messages`, { method: 'POST', headers: { 'x-api-key': door.token, 'content-length': String(64 * 1024 * 1024) } }, (answer) => resolve({ status: answer.statusCode ?? 0 }));
        sent.on('error', reject);
        sent.write('{');
      });
      expect(status).toBe(413);
      await post(door, '/v1/messages', hello);
    });
    expect(store.ofType('model.requested')).toHaveLength(1);
    expect(peer.requests()).toHaveLength(1);
  });

  it('ends with the budget: the agent is told, the task pauses, and no call more is made', async () => {
    peer.script({ turns: [DONE, DONE, DONE], by: 'calls' });
    const { outcome, store } = await turn(
      async (door) => {
        expect((await post(door, '/v1/messages', hello)).status).toBe(200);
        expect(await post(door, '/v1/messages', hello)).toMatchObject({ status: 402, body: { error: { type: 'billing_error', message: 'The budget of this task is used up. (budget_exhausted)' } } });
        expect(await post(door, '/v1/chat/completions', { ...hello, stream: true })).toMatchObject({ status: 402, body: { error: { code: 'budget_exhausted' } } });
        expect(door.gate.ended.aborted).toBe(true);
      },
      { grant: (_, callSeq) => (callSeq > 1 ? { granted: false, reason: 'budget_exhausted' } : null) },
    );
    expect(outcome).toEqual({ kind: 'paused', reason: 'budget_exhausted' });
    expect(peer.requests()).toHaveLength(1);
    expect(store.entries.at(-1)).toMatchObject({ type: 'finished' });
  });

  it('counts steps, and keeps the deadline', async () => {
    peer.script({ turns: [DONE, DONE], by: 'calls' });
    const limited = await turn(async (door) => {
      expect((await post(door, '/v1/messages', hello)).status).toBe(200);
      expect(await post(door, '/v1/messages', hello)).toMatchObject({ status: 403 });
    }, { task: { maxSteps: 1 } });
    expect(limited.outcome).toEqual({ kind: 'paused', reason: 'step_limit' });
    const clock = new FakeClock();
    const late = await turn(async (door) => {
      clock.advance(3_600_000);
      expect(await post(door, '/v1/messages', hello)).toMatchObject({ status: 403 });
    }, { clock });
    expect(late.outcome).toEqual({ kind: 'timed_out' });
  });

  it('repeats what failed in passing, and tells the agent what a request did wrong', async () => {
    peer.script({ turns: [DONE, DONE], by: 'calls' });
    peer.fault({ status: 529, times: 2 });
    const clock = new FakeClock();
    const { store } = await turn(async (door) => {
      const answer = post(door, '/v1/messages', hello);
      const timer = setInterval(() => clock.advance(60_000), 20);
      expect((await answer).status).toBe(200);
      clearInterval(timer);
      peer.setContextWindow(10);
      expect(await post(door, '/v1/chat/completions', hello)).toMatchObject({ status: 400, body: { error: { code: 'context_length_exceeded' } } });
      peer.setContextWindow(1_000_000);
    }, { clock, task: { deadline: Number.MAX_SAFE_INTEGER } });
    expect(store.ofType('model.failed').map(({ kind }) => kind)).toEqual(['overloaded', 'overloaded', 'context_overflow']);
  });

  it('finishes and pays a call that the agent walked away from, one at a time', async () => {
    peer.script({ turns: [DONE, DONE], by: 'calls' });
    peer.fault({ delayMs: 300, times: 1 });
    const { store } = await turn(async (door) => {
      const gone = new AbortController();
      const first = fetch(`${door.origin}/v1/messages`, { method: 'POST', headers: { 'x-api-key': door.token }, body: JSON.stringify(hello), signal: gone.signal }).catch(() => null);
      while (peer.requests().length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
      gone.abort();
      await first;
      expect((await post(door, '/v1/messages', hello)).status).toBe(200);
    });
    expect(store.ofType('model.completed')).toHaveLength(2);
    expect(peer.requests().map(({ isAborted }) => isAborted)).toEqual([false, false]);
  });

  it('is shut when the run is stopped: the running call ends, is settled, and nothing answers after it', async () => {
    peer.script({ turns: [DONE] });
    peer.fault({ delayMs: 20_000, times: 1 });
    let late: unknown;
    const began = performance.now();
    const { outcome, store } = await turn(async (door) => {
      const answer = post(door, '/v1/messages', hello).catch((error: unknown) => error);
      while (peer.requests().length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
      door.abort.abort(new StopError('cancel'));
      await answer;
      late = await post(door, '/v1/messages', hello).catch((error: unknown) => error);
    });
    expect(outcome).toBeInstanceOf(StopError);
    expect(late).toMatchObject({ status: 403 });
    expect(store.ofType('model.failed').map(({ kind }) => kind)).toEqual(['aborted']);
    expect(store.openCalls.size).toBe(0);
    expect(performance.now() - began).toBeLessThan(10_000);
    expect(store.ofType('step')).toEqual([]);
  });
});
