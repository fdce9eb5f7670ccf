import { Secret } from '@app/common';
import { createProvider, type ModelProvider, type ModelRequest } from '@app/providers';
import fc from 'fast-check';
import { startLlmPeer, type LlmPeer } from '../../../../test/support/llm-peer';
import { MODES } from '../modes';
import { JournalStore, MemoryJournal } from '../testing/memory-journal';
import { MemoryWorkspace } from '../testing/memory-workspace';
import { compactions, happenings, journalOf } from '../testing/random-history';
import { SAMPLE_FILES, sampleCommands, SUBMISSION } from '../testing/sample';
import { testHost } from '../testing/test-host';
import { ToolPolicy } from '../tools/tool-policy';
import { LoopEngine } from './agent-loop';
import { messagesFor } from './conversation';
import { foldJournal } from './state';

interface WireUnderTest {
  readonly model: string;
  readonly connect: (url: string) => ModelProvider;
  /** The whole prompt, part by part, in the order in which the vendor caches it. */
  readonly promptOf: (body: never) => readonly unknown[];
}

const key = (text: string): Secret => new Secret(text);

interface AnthropicBlock { readonly cache_control?: unknown }
interface AnthropicBody { readonly tools: readonly AnthropicBlock[]; readonly system: readonly AnthropicBlock[]; readonly messages: readonly { role: string; content: readonly AnthropicBlock[] }[] }

const WIRES: Readonly<Record<string, WireUnderTest>> = {
  anthropic: {
    model: 'claude-sonnet-5-5',
    connect: (url) => createProvider({ apiStyle: 'anthropic', name: 'anthropic', baseUrl: url, key: key('sk-ant-api03-0123456789abcdef') }),
    promptOf: ({ tools, system, messages }: AnthropicBody) => [...tools, ...system, ...messages.flatMap(({ role, content }) => content.map((block) => ({ ...block, role })))],
  },
  openai_responses: {
    model: 'gpt-6.1-terra',
    connect: (url) => createProvider({ apiStyle: 'openai_responses', name: 'openai', baseUrl: `${url}/v1`, key: key('sk-proj-0123456789abcdef') }),
    promptOf: ({ tools, instructions, input }: { tools: unknown[]; instructions: string; input: unknown[] }) => [...tools, instructions, ...input],
  },
  openai_chat: {
    model: 'thinker-70b',
    connect: (url) => createProvider({ apiStyle: 'openai_chat', name: 'custom', baseUrl: `${url}/v1`, key: key('sk-proj-0123456789abcdef') }),
    promptOf: ({ tools, messages }: { tools: unknown[]; messages: unknown[] }) => [...tools, ...messages],
  },
  google: {
    model: 'gemini-4-argon',
    connect: (url) => createProvider({ apiStyle: 'google', name: 'google', baseUrl: url, key: key('AIzaSy-0123456789abcdef0123456789abcdef') }),
    promptOf: ({ systemInstruction, tools, contents }: { systemInstruction: unknown; tools: unknown[]; contents: { role: string; parts: unknown[] }[] }) => [...tools, systemInstruction, ...contents.flatMap(({ role, parts }) => parts.map((part) => ({ role, part })))],
  },
};

function unmarked(part: unknown): unknown {
  if (typeof part !== 'object' || part === null) return part;
  return Object.fromEntries(Object.entries(part).filter(([name]) => name !== 'cache_control'));
}

/** How many parts a vendor may keep: to the last breakpoint, where the wire has such. */
function cachedLength(parts: readonly unknown[]): number {
  const marked = parts.findLastIndex((part) => typeof part === 'object' && part !== null && 'cache_control' in part);
  return marked < 0 ? parts.length : marked + 1;
}

describe.each(Object.entries(WIRES))('over %s', (_name, { model, connect, promptOf }) => {
  let peer: LlmPeer;
  beforeAll(async () => {
    peer = await startLlmPeer();
  });
  beforeEach(() => peer.reset());
  afterAll(() => peer.stop());

  it('any history is taken, whatever happened and wherever it was made shorter', async () => {
    peer.script({ by: 'calls', turns: Array.from({ length: 100 }, () => ({ text: 'Fine.' })) });
    const provider = connect(peer.url);
    const tools = new ToolPolicy({ ...MODES.code, allowCiFiles: false }).specs();
    await fc.assert(fc.asyncProperty(happenings(8), compactions, async (steps, shortened) => {
      const messages = messagesFor('the opening', foldJournal(journalOf(steps, shortened)).turns);
      // A request ends with what is to be answered.
      if (messages.at(-1)?.role === 'assistant') messages.push({ role: 'user', parts: [{ t: 'text', text: 'Go on.' }] });
      const request: ModelRequest = { model, capabilities: {}, system: 'Be brief.', messages, tools, maxTokens: 2_000, cacheKey: 'task-1' };
      for await (const chunk of provider.stream(request, new AbortController().signal)) if (chunk.t === 'end') expect(chunk.stop).toBe('stop');
    }), { numRuns: 40 });
    expect(peer.requests().every(({ status }) => status === 200)).toBe(true);
  });

  it('each request of a run begins with the one before, up to its last breakpoint', async () => {
    const store = new JournalStore();
    store.say('Mind the style.');
    peer.script({
      by: 'calls', turns: [
        { text: 'I look.', thinking: 'Where is it?', calls: [{ name: 'read', args: { path: 'src/add.js' } }, { name: 'grep', args: { pattern: 'add' } }] },
        { text: 'I say nothing useful.' },
        { calls: [{ name: 'read', rawArgs: '{"path": ' }] },
        ...Array.from({ length: 3 }, () => ({ thinking: 'Again.', calls: [{ name: 'bash', args: { command: 'npm test' } }] })),
        { calls: [{ name: 'apply_patch', args: { input: '*** Begin Patch\n*** Update File: src/add.js\n@@\n-  return a - b;\n+  return a + b;\n*** End Patch' } }, { name: 'edit', args: { path: 'src/add.js', old: 'a - b', new: 'a + b' } }] },
        { calls: [{ name: 'submit', args: SUBMISSION }] },
      ],
    });
    const workspace = new MemoryWorkspace(SAMPLE_FILES, { onCommand: sampleCommands });
    const host = testHost({ provider: connect(peer.url), workspace, journal: new MemoryJournal(store) });
    const outcome = await new LoopEngine().run({ ...host, model: { ...host.model, model } });
    expect(outcome).toMatchObject({ kind: 'submitted', verification: { status: 'passed' } });
    const prompts = peer.requests().map(({ body }) => promptOf(body as never));
    expect(prompts).toHaveLength(8);
    expect(store.ofType('nudge').length).toBeGreaterThan(1);
    prompts.slice(1).forEach((prompt, n) => {
      const before = prompts[n] ?? [];
      const cached = cachedLength(before);
      expect(cached).toBeGreaterThan(2);
      expect(JSON.stringify(prompt.slice(0, cached).map(unmarked))).toBe(JSON.stringify(before.slice(0, cached).map(unmarked)));
      expect(prompt.length).toBeGreaterThan(before.length);
    });
  });
});
