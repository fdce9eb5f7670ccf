import { LoopEngine, type AgentTask } from '@app/agent';
import { MemoryJournal, testHost, testTask } from '@app/agent/testing';
import { ScriptedProvider, type ScriptedTurn } from '@app/providers/testing';
import type { GitWorkspace } from './git-workspace';
import { never, WorkspaceFixture } from './testing/workspace-fixture';

jest.setTimeout(120_000);
const OPTIONS = { timeoutMs: 20_000, maxOutputBytes: 100_000 } as const;

/** The paths of a tree that links could lead out of, or into git's own folder. */
const PREPARE = `mkdir -p real && echo inside > real/a.txt && echo keep > target.txt && printf '#!/bin/sh\\necho run\\n' > run.sh && chmod +x run.sh
ln -s target.txt link.txt && ln -s /etc outside && ln -s .git git && ln -s real alias && ln -s /etc/hostname hostname && ln -s nowhere dangling`;

describe('patches over a real checkout', () => {
  let fixture: WorkspaceFixture;
  let workspace: GitWorkspace;

  beforeAll(async () => {
    fixture = await WorkspaceFixture.create();
    await fixture.commit({ 'a.txt': 'one\ntwo\n', 'windows.txt': 'one\r\ntwo\r\n' }, 'main', PREPARE);
    // One for all: what is refused changes nothing, and what is not stands at the end.
    workspace = await fixture.open();
  });
  afterAll(() => fixture.remove());

  async function sh(command: string): Promise<string> {
    return (await workspace.exec(command, OPTIONS, never)).output;
  }

  /** What apply_patch answers after these files were read, as a GPT-family model calls it. */
  async function applied(reads: readonly string[], ...lines: readonly string[]): Promise<{ text: string; isError: boolean }> {
    const turns: ScriptedTurn[] = [
      { calls: reads.map((path) => ({ name: 'read', args: { path } })) },
      { calls: [{ name: 'apply_patch', args: { input: ['*** Begin Patch', ...lines, '*** End Patch'].join('\n') } }] },
      { calls: [{ name: 'ask_user', args: { question: 'Done?' } }] },
    ];
    const journal = new MemoryJournal();
    const task: AgentTask = testTask({ verifyCommands: ['true'], verifyCommandsFrom: 'task' });
    const host = testHost({ provider: new ScriptedProvider(turns), workspace, journal, task });
    await new LoopEngine().run({ ...host, model: { ...host.model, model: 'gpt-6' } });
    const result = journal.store.ofType('step').flatMap(({ results }) => results).find(({ name }) => name === 'apply_patch');
    return { text: result?.text ?? '', isError: result?.isError ?? true };
  }

  it.each<[name: string, reads: string[], lines: string[]]>([
    ['a new file through a link that leads out', [], ['*** Add File: outside/evil.txt', '+x']],
    ['a new file through a link into .git', [], ['*** Add File: git/hooks/pre-commit', '+x']],
    ['a new file where a link that leads nowhere is', [], ['*** Add File: dangling', '+x']],
    ['a change of a file that a link leads out to', ['hostname'], ['*** Update File: hostname', '@@', '+x']],
    ['a deletion through a link that leads out', ['outside/hostname'], ['*** Delete File: outside/hostname']],
    ['a move through a link that leads out', ['a.txt'], ['*** Update File: a.txt', '*** Move to: outside/a.txt', '@@', '-one', '+1']],
    ['a move into .git by a link', ['a.txt'], ['*** Update File: a.txt', '*** Move to: git/a.txt', '@@', '-one', '+1']],
    ['a move over a link', ['a.txt'], ['*** Update File: a.txt', '*** Move to: dangling', '@@', '-one', '+1']],
    ['a move over a folder', ['a.txt'], ['*** Update File: a.txt', '*** Move to: real', '@@', '-one', '+1']],
  ])('refuse %s, and change nothing else either', async (_name, reads, lines) => {
    const { isError } = await applied(['target.txt', ...reads], '*** Update File: target.txt', '@@', '-keep', '+changed', ...lines);
    expect(isError).toBe(true);
    expect((await workspace.diff()).files).toEqual([]);
    expect(await sh('ls .git/a.txt .git/hooks/pre-commit 2>/dev/null; cat target.txt a.txt; readlink dangling')).toBe('keep\none\ntwo\nnowhere\n');
  });

  it('take a link away and leave what it leads to', async () => {
    expect(await applied(['link.txt'], '*** Delete File: link.txt')).toMatchObject({ isError: false });
    expect(await sh('cat target.txt; ls link.txt 2>&1 | wc -l')).toBe('keep\n1\n');
  });

  it('change, make, move and delete files, all at once', async () => {
    const { text, isError } = await applied(['a.txt', 'windows.txt', 'run.sh', 'target.txt'],
      '*** Update File: a.txt', '@@', ' one', '-two', '+2', '*** Update File: windows.txt', '@@', '-two', '+zwei', '*** Update File: run.sh', '*** Move to: bin/run.sh', '@@', '-echo run', '+echo ran',
      '*** Delete File: target.txt', '*** Add File: new/x.txt', '+x');
    expect({ text, isError }).toEqual({ text: expect.stringMatching(/^a\.txt \(edited at line 2\) .*\nwindows\.txt .*\nbin\/run\.sh \(moved, edited at line 2\) .*\ntarget\.txt \(deleted\)\nnew\/x\.txt \(made\)/) as unknown, isError: false });
    expect(await sh('cat a.txt new/x.txt; od -c windows.txt | head -1; ./bin/run.sh; ls run.sh target.txt 2>&1 | wc -l')).toBe('one\n2\nx\n0000000   o   n   e  \\r  \\n   z   w   e   i  \\r  \\n\nran\n2\n');
    expect((await workspace.diff()).files.map(({ path, status }) => `${status} ${path}`).sort()).toEqual(['added new/x.txt', 'deleted link.txt', 'deleted target.txt', 'modified a.txt', 'modified windows.txt', 'renamed bin/run.sh']);
  });
});
