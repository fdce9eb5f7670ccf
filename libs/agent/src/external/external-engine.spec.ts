import { StopError } from '@app/common';
import { FakeClock } from '@app/common/testing';
import { ModelError } from '@app/providers';
import { ScriptedProvider, type ScriptedTurn } from '@app/providers/testing';
import { inspect } from 'node:util';
import type { AgentTask } from '../host';
import type { AgentOutcome } from '../journal';
import { JournalStore, MemoryJournal, type CrashPoint } from '../testing/memory-journal';
import { MemoryWorkspace } from '../testing/memory-workspace';
import { SAMPLE_FILES, sampleCommands } from '../testing/sample';
import { testHost, testTask } from '../testing/test-host';
import type { ExecResult } from '../workspace';
import type { AgentRunner, ProgramRun } from './agent-runner';
import { aider } from './aider.agent';
import { ExternalEngine } from './external-engine';
import type { GateAnswer, GateRequest } from './model-gate';

const ENDED: ExecResult = { exitCode: 0, output: 'bye\n', outputBytes: 4, truncated: false, durationMs: 5, killed: null };
const DOOR = { origin: 'http://127.0.0.1:1', token: 'token-of-this-turn' };

interface Stage {
  readonly workspace: MemoryWorkspace;
  /** What the program was told. */
  readonly message: string;
  readonly ask: (text?: string) => Promise<GateAnswer>;
}
type Program = (stage: Stage, turn: number) => Promise<Partial<ExecResult> | void>;

interface Setting {
  readonly turns?: readonly ScriptedTurn[];
  readonly task?: Partial<AgentTask>;
  readonly store?: JournalStore;
  readonly crash?: CrashPoint;
  readonly signal?: AbortSignal;
  readonly clock?: FakeClock;
  readonly workspace?: MemoryWorkspace;
}

interface Played {
  readonly outcome: AgentOutcome | Error;
  readonly store: JournalStore;
  readonly workspace: MemoryWorkspace;
  readonly messages: string[];
  readonly provider: ScriptedProvider;
}

const said = (text: string): GateRequest => ({ model: 'test-model', system: '', messages: [{ role: 'user', parts: [{ t: 'text', text }] }], tools: [], maxTokens: null });

async function play(program: Program, { turns = [{ text: 'Done.' }], task, store = new JournalStore(), crash, signal, clock, workspace = new MemoryWorkspace(SAMPLE_FILES, { onCommand: sampleCommands }) }: Setting = {}): Promise<Played> {
  const provider = new ScriptedProvider((_, call) => turns[Math.min(call, turns.length - 1)] ?? {});
  const messages: string[] = [];
  const runner: AgentRunner = {
    run: async (run: ProgramRun, stop: AbortSignal) => {
      const message = run.command(DOOR).files['message.md'] ?? '';
      messages.push(message);
      const result = await program({ workspace, message, ask: (text = 'hello') => run.gate.call(said(text)) }, messages.length);
      await run.gate.close();
      stop.throwIfAborted();
      return { ...ENDED, ...result };
    },
  };
  const host = testHost({ provider, workspace, journal: new MemoryJournal(store, crash ? { crash } : {}), task: testTask(task), ...(signal ? { signal } : {}), ...(clock ? { clock } : {}) });
  const outcome = await new ExternalEngine(aider, runner, { retry: { random: () => 0 } }).run(host).catch((error: unknown) => error as Error);
  return { outcome, store, workspace, messages, provider };
}

const mend = (workspace: MemoryWorkspace): Promise<unknown> => workspace.write('src/add.js', 'export function add(a, b) {\n  return a + b;\n}\n');

describe('an external agent', () => {
  it('does the work in one turn; its diff is checked against the base and its calls are paid', async () => {
    const { outcome, store, messages } = await play(async ({ workspace, ask }) => {
      await ask();
      await mend(workspace);
      await ask();
    }, { turns: [{ text: 'I look.' }, { text: 'It subtracted; now it adds.\n\n```js\ncode\n```\n' }] });
    expect(outcome).toMatchObject({ kind: 'submitted', submission: { title: 'Mend the add function', summary: 'It subtracted; now it adds.' }, verification: { status: 'passed' } });
    expect(store.entries.map(({ type }) => type)).toEqual(['verified', 'model.requested', 'model.completed', 'model.requested', 'model.completed', 'verified', 'step', 'finished']);
    expect(store.ofType('model.completed').map(({ step }) => step)).toEqual([0, 0]);
    expect(store.ofType('step')[0]?.results).toMatchObject([{ name: 'aider', isError: false, fullText: 'bye', args: { calls: 2, exitCode: 0 } }]);
    expect(messages[0]).toContain('<task>\nMend the add function.\n</task>');
    expect(messages[0]).toContain('npm test: fails');
    expect(store.openCalls.size).toBe(0);
    expect(inspect(store.entries, { depth: null })).not.toContain(DOOR.token);
  });

  it('is sent back with what the checks say, and with what the user said meanwhile, each once', async () => {
    const store = new JournalStore();
    store.say('Mend the add function.');
    const { outcome, messages } = await play(async ({ workspace, ask }, turn) => {
      await ask();
      if (turn === 1) {
        store.say('Use tabs.');
        await workspace.write('src/other.js', '1;\n');
        await ask();
      } else if (turn === 2) await workspace.write('src/add.js', 'export function add() {\n  return 1;\n}\n');
      else await mend(workspace);
    }, { store, task: { verifyCommands: ['npm test', 'true'] } });
    expect(outcome).toMatchObject({ kind: 'submitted' });
    expect(messages.length).toBeGreaterThanOrEqual(2);
    expect(messages[0]).not.toContain('<since-then>');
    expect(messages[1]).toContain('<since-then>\nUse tabs.\n</since-then>');
    for (const later of messages.slice(2)) expect(later).not.toContain('Use tabs.');
  });

  it('that changed nothing is asked once more, and then has failed', async () => {
    const { outcome, messages } = await play(async ({ ask }) => void (await ask()));
    expect(outcome).toMatchObject({ kind: 'failed', code: 'no_changes' });
    expect(messages).toHaveLength(2);
    expect(messages[1]).toContain('Refused (no_changes)');
  });

  it('that ends without a word has failed, with the reason where there is one', async () => {
    expect((await play(() => Promise.resolve({ exitCode: 1, output: 'boom' }))).outcome).toMatchObject({ kind: 'failed', code: 'incomplete', message: 'aider ended (exit code 1) without a word of its model. Its output is in the task\'s log.' });
    expect((await play(() => Promise.resolve({ exitCode: null, killed: 'memory' as const }))).outcome).toMatchObject({ kind: 'failed', code: 'incomplete' });
    expect((await play(() => Promise.resolve({ exitCode: null, killed: 'timeout' as const }))).outcome).toEqual({ kind: 'timed_out' });
    const refused = new ModelError('context_overflow', 'too long', { provider: 'x' });
    expect((await play(async ({ ask }) => void (await ask()), { turns: [{ error: refused }] })).outcome).toMatchObject({ kind: 'failed', code: 'prompt_too_long' });
    const key = new ModelError('auth', 'no', { provider: 'x' });
    expect((await play(async ({ ask }) => void (await ask()), { turns: [{ error: key }] })).outcome).toMatchObject({ kind: 'failed', code: 'provider_auth' });
  });

  it('whose provider does not answer ends the attempt as the loop does', async () => {
    const away = new ModelError('overloaded', 'later', { provider: 'x' });
    const { outcome, store } = await play(async ({ ask }) => void (await ask()), { turns: [{ error: away }] });
    expect(outcome).toBe(away);
    expect(store.ofType('model.failed').length).toBeGreaterThan(1);
    expect(store.ofType('step')).toEqual([]);
  });

  it.each(['before', 'after'] as const)('killed %s its turn is recorded does the turn again from the last checkpoint; what was paid stays paid', async (when) => {
    const store = new JournalStore();
    const work: Program = async ({ workspace, ask }) => {
      await ask();
      await mend(workspace);
    };
    const killed = await play(work, { store, crash: { method: 'completeStep', nth: 1, when } });
    expect(killed.outcome).toBeInstanceOf(Error);
    expect(store.ofType('model.completed')).toHaveLength(1);
    const { outcome, messages } = await play(work, { store });
    expect(outcome).toMatchObject({ kind: 'submitted' });
    expect(messages).toHaveLength(when === 'before' ? 1 : 0);
    expect(store.ofType('model.completed')).toHaveLength(when === 'before' ? 2 : 1);
    expect(store.ofType('step')).toHaveLength(1);
  });

  it('counts the calls of a lost attempt against the steps of the task', async () => {
    const store = new JournalStore();
    await play(async ({ ask }) => void (await ask()), { store, crash: { method: 'completeStep', nth: 1, when: 'before' }, task: { maxSteps: 1 } });
    const { outcome, messages } = await play(async ({ ask }) => void (await ask()), { store, task: { maxSteps: 1 } });
    expect(outcome).toEqual({ kind: 'paused', reason: 'step_limit' });
    expect(messages).toEqual([]);
  });

  it('pauses when the models wrote what they may, asks for no more than is left, and may write as much again when it is resumed', async () => {
    const store = new JournalStore();
    const usage = { outputTokens: 600 };
    const refusals: GateAnswer[] = [];
    const program: Program = async ({ ask, workspace }) => {
      for (let call = 0; call < 3; call += 1) refusals.push(await ask());
      await mend(workspace);
    };
    const setting = { store, task: { maxOutputTokens: 1_000 }, turns: [{ text: 'So.', usage }] };
    const { outcome, provider } = await play(program, setting);
    expect(outcome).toEqual({ kind: 'paused', reason: 'step_limit', detail: expect.stringContaining('The models wrote 1200 tokens; the task allows 1000') as unknown });
    expect(provider.requests.map(({ maxTokens }) => maxTokens)).toEqual([1_000, 400]);
    expect(refusals.at(-1)).toMatchObject({ t: 'refused', refusal: { code: 'step_limit' } });
    expect((await play(program, setting)).provider.requests.map(({ maxTokens }) => maxTokens)).toEqual([1_000, 400]);
  });

  it.each([['pause', 1], ['shutdown', 1], ['cancel', 0], ['lease_lost', 0]] as const)('stopped by %s keeps what is worth keeping', async (cause, steps) => {
    const controller = new AbortController();
    const { outcome, store } = await play(async ({ workspace, ask }) => {
      await ask();
      await mend(workspace);
      controller.abort(new StopError(cause));
    }, { signal: controller.signal });
    expect(outcome).toMatchObject({ stopCause: cause });
    expect(store.ofType('step')).toHaveLength(steps);
    expect(store.ofType('finished')).toEqual([]);
  });

  it('examines documents as data: the block at the end of its words is what it found', async () => {
    const found = { statement: 'Subtracts two numbers.', documentedAt: 'NOTES.md:1', codeAt: 'src/add.js:2', reason: 'It adds by its name.' };
    const words = (list: readonly object[]) => ({ text: `I read NOTES.md:1.\n\n\`\`\`json\n${JSON.stringify({ contradictions: list })}\n\`\`\`` });
    const workspace = new MemoryWorkspace({ ...SAMPLE_FILES, 'NOTES.md': 'Subtracts two numbers.\n' }, { onCommand: sampleCommands });
    const { outcome, messages } = await play(async ({ ask }) => void (await ask()), { workspace, task: { mode: 'documentation_check' }, turns: [{ text: 'All is well.' }, words([{ ...found, statement: 3 }]), words([found])] });
    expect(outcome).toMatchObject({ kind: 'submitted', submission: { contradictions: [found] } });
    expect(messages[0]).toMatch(/^Examine the documentation/);
    expect([messages[1]?.includes('there is no list'), messages[2]?.includes('NOTES.md:1 does not say ""')]).toEqual([true, true]);
  });

  it('plans as data: the block at the end of its words is the plan', async () => {
    const plan = { steps: [{ id: 'mend', title: 'Mend', description: 'Add.', files: ['src/add.js', 'test/add.test.js (new)'], tests: 'npm test', risks: null }] };
    const { outcome } = await play(async ({ ask }) => void (await ask()), { task: { mode: 'architect' }, turns: [{ text: `First this.\n\n\`\`\`json\n${JSON.stringify(plan)}\n\`\`\`` }] });
    expect(outcome).toMatchObject({ kind: 'submitted', submission: { plan: { steps: [{ id: 'mend', files: ['src/add.js', 'test/add.test.js (new)'] }], markdown: 'First this.' } } });
  });
});

it('answers calls one at a time, in the order they came, within the model\'s limits', async () => {
  const order: string[] = [];
  const { provider } = await play(async ({ ask, workspace }) => {
    await Promise.all(['one', 'two', 'three'].map((text) => ask(text).then(() => order.push(text))));
    await mend(workspace);
  });
  expect(order).toEqual(['one', 'two', 'three']);
  expect(provider.requests.map(({ cacheKey, maxTokens }) => [cacheKey, maxTokens])).toEqual(order.map(() => [testTask().id, 16_000]));
});
