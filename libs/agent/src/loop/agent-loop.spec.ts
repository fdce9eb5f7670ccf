import { textOf, type ModelMessage } from '@app/providers';
import { ScriptedProvider, type ScriptedTurn } from '@app/providers/testing';
import type { AgentTask } from '../host';
import type { AgentOutcome } from '../journal';
import { REMINDERS } from '../prompts/reminders';
import { JournalStore, MemoryJournal } from '../testing/memory-journal';
import { MemoryWorkspace } from '../testing/memory-workspace';
import { byHistory, calling, MENDING, SAMPLE_FILES, sampleCommands, SUBMISSION } from '../testing/sample';
import { testHost, testTask } from '../testing/test-host';
import { LoopEngine } from './agent-loop';

interface Played {
  readonly outcome: AgentOutcome;
  readonly store: JournalStore;
  readonly workspace: MemoryWorkspace;
  readonly provider: ScriptedProvider;
}

async function play(turns: readonly ScriptedTurn[], changes: Partial<AgentTask> = {}, store = new JournalStore(), files = SAMPLE_FILES): Promise<Played> {
  const provider = new ScriptedProvider(byHistory(turns));
  const workspace = new MemoryWorkspace(files, { onCommand: sampleCommands });
  const journal = new MemoryJournal(store);
  const outcome = await new LoopEngine().run(testHost({ provider, workspace, journal, task: testTask(changes) }));
  return { outcome, store, workspace, provider };
}

function lastResult(played: Played, name: string): string {
  return played.store.ofType('step').flatMap((step) => step.results).filter((result) => result.name === name).at(-1)?.text ?? '';
}

describe('a task in mode code', () => {
  it('is mended, verified by the platform against the base, and recorded step by step', async () => {
    const { outcome, store, workspace, provider } = await play(MENDING);
    expect(outcome).toMatchObject({ kind: 'submitted', submission: { title: 'Fix add', noChangesReason: null }, verification: { status: 'passed', source: 'package.json' } });
    if (outcome.kind !== 'submitted') return;
    expect(outcome.verification.checks.map(({ command, phase, status }) => [command, phase, status])).toEqual([['npm test', 'base', 'failed'], ['npm test', 'head', 'passed']]);
    expect((await workspace.diff()).files).toMatchObject([{ path: 'src/add.js', status: 'modified', additions: 1, deletions: 1 }]);
    expect(provider.requests).toHaveLength(4);
    expect(store.entries.map((entry) => entry.type)).toEqual([
      'verified', 'model.requested', 'model.completed', 'step', 'model.requested', 'model.completed', 'step',
      'model.requested', 'model.completed', 'step', 'model.requested', 'model.completed', 'verified', 'step', 'finished',
    ]);
    expect(store.ofType('step').map((step) => step.step)).toEqual([1, 2, 3, 4]);
    expect(store.openCalls.size).toBe(0);
  });

  it('sends a prefix that only grows, with the facts once and nothing that changes', async () => {
    const { provider } = await play(MENDING);
    const [first] = provider.requests;
    const opening = textOf(first?.messages[0] as ModelMessage);
    expect(opening).toContain('acme/sample');
    expect(opening).toContain('- npm test: fails (exit code 1) before your change');
    expect(opening).toMatch(/<repository-advice>\n\(AGENTS.md\)\nKeep functions small.\n<\/repository-advice>/);
    expect(opening).toContain('<task>\nMend the add function.\n</task>');
    provider.requests.forEach((request, n) => {
      expect(request.system).toBe(first?.system);
      expect(request.tools).toEqual(first?.tools);
      const before = provider.requests[n - 1]?.messages ?? [];
      expect(request.messages.slice(0, before.length)).toEqual(before);
    });
  });

  it('gets failing checks back twice, then the work is delivered as failing', async () => {
    const wrong = [calling('write', { path: 'note.md', content: 'x\n' }), ...Array.from({ length: 3 }, () => calling('submit', SUBMISSION))];
    const files = { ...SAMPLE_FILES, 'src/add.js': 'a + b' };
    const breaks = [calling('read', { path: 'src/add.js' }), calling('edit', { path: 'src/add.js', old: 'a + b', new: 'a * b' }), ...wrong];
    const played = await play(breaks, {}, new JournalStore(), files);
    expect(played.outcome).toMatchObject({ kind: 'submitted', verification: { status: 'failed' } });
    const submits = played.store.ofType('step').flatMap((step) => step.results).filter((result) => result.name === 'submit');
    expect(submits.map((result) => result.isError)).toEqual([true, true, false]);
    expect(submits[0]?.text).toContain('not ok 1: expected 3, got -1');
    const strict = await play(breaks, { requireVerification: true }, new JournalStore(), files);
    expect(strict.outcome).toMatchObject({ kind: 'failed', code: 'verification_failed' });
  });

  it('does not blame the work for what failed before', async () => {
    const { outcome } = await play([calling('write', { path: 'note.md', content: 'x\n' }), calling('submit', SUBMISSION)]);
    expect(outcome).toMatchObject({ kind: 'submitted', verification: { status: 'passed', checks: [{ phase: 'base', alreadyFailing: false }, { phase: 'head', status: 'failed', alreadyFailing: true }] } });
  });

  it('may change nothing only with a reason', async () => {
    const silent = await play([calling('submit', SUBMISSION), calling('submit', SUBMISSION)]);
    expect(silent.outcome).toMatchObject({ kind: 'failed', code: 'no_changes' });
    expect(lastResult(silent, 'submit')).toBe('Accepted.');
    const reasoned = await play([calling('submit', SUBMISSION), calling('submit', { ...SUBMISSION, noChangesReason: 'It works already.' })]);
    expect(reasoned.outcome).toMatchObject({ kind: 'submitted', submission: { noChangesReason: 'It works already.' }, verification: { status: 'skipped' } });
    expect(reasoned.store.ofType('verified').map((entry) => entry.phase)).toEqual(['base']);
  });

  it('leaves what the checks write out of the saved tree', async () => {
    const provider = new ScriptedProvider(byHistory(MENDING));
    const workspace = new MemoryWorkspace(SAMPLE_FILES, {
      onCommand: (command, files) => {
        if (command === 'npm test' && files.get('src/add.js')?.includes('+')) files.set('coverage.txt', String(files.size));
        return sampleCommands(command, files);
      },
    });
    const journal = new MemoryJournal();
    const turns = MENDING.filter((turn) => turn.calls?.[0]?.name !== 'bash');
    await new LoopEngine().run(testHost({ provider: new ScriptedProvider(byHistory(turns)), workspace, journal }));
    const restored = new MemoryWorkspace(SAMPLE_FILES, { restore: journal.store.ofType('step').at(-1)!.checkpoint });
    expect(workspace.files.has('coverage.txt')).toBe(true);
    expect((await restored.diff()).files.map((file) => file.path)).toEqual(['src/add.js']);
    expect(provider.requests).toHaveLength(0);
  });

  it('does not run calls behind the submission, and keeps the todo list', async () => {
    const items = [{ text: 'mend', state: 'doing' }];
    const turns = [calling('read', { path: 'src/add.js' }), { calls: [{ name: 'todo', args: { items } }, { name: 'edit', args: { path: 'src/add.js', old: 'a - b', new: 'a + b' } }, { name: 'submit', args: SUBMISSION }, { name: 'write', args: { path: 'late.txt', content: 'x' } }] }];
    const { outcome, store, workspace } = await play(turns);
    expect(outcome.kind).toBe('submitted');
    expect(workspace.files.has('late.txt')).toBe(false);
    expect(store.ofType('step').at(-1)).toMatchObject({ todo: items, results: [{}, {}, { isError: false }, { isError: true }] });
  });

  it('stops with a question and goes on with the reply', async () => {
    const store = new JournalStore();
    const turns = [calling('ask_user', { question: 'Which one?' }), ...MENDING];
    const asked = await play(turns, {}, store);
    expect(asked.outcome).toEqual({ kind: 'question', question: 'Which one?' });
    const again = await play(turns, {}, store);
    expect(again.provider.requests).toHaveLength(0);
    expect(again.outcome).toEqual(asked.outcome);
    store.say('The first.');
    const answered = await play(turns, {}, store);
    expect(answered.outcome.kind).toBe('submitted');
    expect(answered.provider.requests[0]?.messages.at(-1)).toEqual({ role: 'user', parts: [{ t: 'text', text: 'The first.' }] });
  });

  it('takes a follow-up after its end, on top of what it did', async () => {
    const store = new JournalStore();
    await play(MENDING, {}, store);
    store.say('Also add a note.');
    const provider = new ScriptedProvider(byHistory([...MENDING, calling('write', { path: 'note.md', content: 'x\n' }), calling('submit', SUBMISSION)]));
    const workspace = new MemoryWorkspace(SAMPLE_FILES, { onCommand: sampleCommands, restore: store.ofType('step').at(-1)!.checkpoint });
    const outcome = await new LoopEngine().run(testHost({ provider, workspace, journal: new MemoryJournal(store) }));
    expect(outcome.kind).toBe('submitted');
    expect(provider.requests).toHaveLength(2);
    expect((await workspace.diff()).files.map((file) => file.path)).toEqual(['note.md', 'src/add.js']);
    expect(store.ofType('verified').map((entry) => entry.phase)).toEqual(['base', 'head', 'head']);
  });

  it('says the prompt once when it is the first message as well', async () => {
    const store = new JournalStore();
    store.say(testTask().prompt);
    const { provider } = await play(MENDING, {}, store);
    expect(JSON.stringify(provider.requests.at(-1)?.messages).split('Mend the add function.')).toHaveLength(2);
  });

  it('is reminded once when it calls nothing, then it ends', async () => {
    const { outcome, store } = await play([{ text: 'Done.' }, { text: 'Really.' }]);
    expect(outcome).toMatchObject({ kind: 'failed', code: 'incomplete' });
    expect(store.ofType('nudge').map((entry) => entry.text)).toEqual([REMINDERS.noCall]);
  });
});

describe('a task in mode ask', () => {
  const answer = (text: string): ScriptedTurn => calling('submit', { ...SUBMISSION, answer: text });

  it('ends with an answer whose places exist, runs no checks and changes nothing', async () => {
    const { outcome, store, workspace } = await play([calling('read', { path: 'src/add.js' }), answer('It subtracts: src/add.js:2.')], { mode: 'ask' });
    expect(outcome).toMatchObject({ kind: 'submitted', submission: { answer: 'It subtracts: src/add.js:2.' }, verification: { status: 'skipped', checks: [] } });
    expect(store.ofType('verified')).toEqual([]);
    expect([...workspace.commands, ...workspace.base.commands]).toEqual([]);
  });

  it('gets an invented citation back with the reason, and may correct it', async () => {
    const played = await play([answer('See src/add.js:99 and src/gone.js:1.'), answer('See src/add.js:1-3.')], { mode: 'ask' });
    expect(played.outcome).toMatchObject({ kind: 'submitted', submission: { answer: 'See src/add.js:1-3.' } });
    const refused = played.store.ofType('step')[0]?.results[0];
    expect(refused).toMatchObject({ isError: true });
    expect(refused?.text).toContain('src/add.js:99: the file has 3 lines');
    expect(refused?.text).toContain('src/gone.js:1: there is no such file');
  });

  it('fails when the third answer still points nowhere', async () => {
    const { outcome, provider } = await play([answer('No places.'), answer('src/gone.js:1'), answer('src/gone.js:2')], { mode: 'ask' });
    expect(outcome).toMatchObject({ kind: 'failed', code: 'incomplete' });
    expect(provider.requests).toHaveLength(3);
  });

  it('takes a text as the answer after one reminder, through the same gate', async () => {
    const played = await play([{ text: 'It subtracts.' }, { text: 'It subtracts, see src/add.js:7.' }, { text: 'It subtracts, see src/add.js:2.' }], { mode: 'ask' });
    expect(played.outcome).toMatchObject({ kind: 'submitted', submission: { answer: 'It subtracts, see src/add.js:2.' } });
    expect(played.store.ofType('nudge').map((entry) => entry.text.slice(0, 20))).toEqual([REMINDERS.noCall.slice(0, 20), 'Refused (citations):']);
  });

  it('is not offered what changes or executes, and cannot call it', async () => {
    const turns = [{ calls: [{ name: 'bash', args: { command: 'echo x > x.txt' } }, { name: 'write', args: { path: 'y.txt', content: 'y' } }, { name: 'edit', args: { path: 'src/add.js', old: 'a', new: 'b' } }] }, answer('src/add.js:1')];
    const { provider, store, workspace } = await play(turns, { mode: 'ask' });
    expect(provider.requests[0]?.tools.map((tool) => tool.name)).toEqual(['read', 'ls', 'glob', 'grep', 'repo_map', 'submit']);
    expect(store.ofType('step')[0]?.results.map((result) => result.isError)).toEqual([true, true, true]);
    expect(store.ofType('step')[0]?.results[0]?.text).toMatch(/There is no tool "bash" in mode ask/);
    expect(workspace.commands).toEqual([]);
    expect((await workspace.diff()).files).toEqual([]);
  });
});
