import { externalAgent, ExternalEngine, type AgentOutcome, type ExternalAgent } from '@app/agent';
import { JournalStore, MemoryJournal, testHost, testTask } from '@app/agent/testing';
import { Logger, StopError } from '@app/common';
import { ScriptedProvider } from '@app/providers/testing';
import { readdirSync, readFileSync } from 'node:fs';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { GitWorkspace } from '../workspace/git-workspace';
import { WorkspaceFixture } from '../workspace/testing/workspace-fixture';
import { agentProgram, UnusableProgram } from './agent-program';
import { AgentRunners } from './sandboxed-runner';

jest.setTimeout(60_000);

/** Tells what it sees, calls its model once, and does what it is told. */
const PROGRAM = `#!/usr/bin/env node
const fs = require('node:fs');
const read = (path) => { try { return fs.readFileSync(path, 'utf8'); } catch (error) { return error.code; } };
const write = (path, text) => { try { fs.writeFileSync(path, text); return 'written'; } catch (error) { return error.code; } };
(async () => {
  const call = (headers) => fetch('http://127.0.0.1:4180/v1/chat/completions', { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify({ model: 'test-model', messages: [{ role: 'user', content: 'hello' }] }) });
  const said = await (await call({ authorization: 'Bearer ' + process.env.FAKE_TOKEN })).json();
  const stranger = (await call({})).status;
  const outside = await fetch('http://1.1.1.1', { signal: AbortSignal.timeout(2000) }).then(() => 'reached', () => 'no network');
  write('.fake-cache', 'mine');
  const seen = {
    said: said.choices[0].message.content, stranger, outside, masked: read('.env'), edited: write('.env', 'x'), changed: write('made.txt', 'by the agent\\n'), program: write(__filename, 'x'),
    door: write('/opt/async-coder/door/other', 'x'), stdin: read(0), names: Object.keys(process.env).sort(), message: read('/workspace/scratch/agent/message.md'), roots: fs.readdirSync('/').sort(),
  };
  console.log(JSON.stringify(seen));
  if (process.argv.includes('--wait')) await new Promise((resolve) => setTimeout(resolve, 120000));
})();
`;

let fixture: WorkspaceFixture;
let program: string;
beforeAll(async () => {
  fixture = await WorkspaceFixture.create();
  const folder = join('/var/tmp', `gateway-${process.pid}`);
  await mkdir(folder, { recursive: true });
  await chmod(folder, 0o755);
  program = join(folder, 'fake-agent');
  await writeFile(program, PROGRAM, { mode: 0o755 });
  await fixture.commit({ 'main.js': '1;\n', '.env': 'AIDER_MODEL=evil\n', '.fakeignore': 'kept\n' });
});
afterAll(async () => {
  await fixture.shell(`rm -rf ${join('/var/tmp', `gateway-${process.pid}`)}`);
  await fixture.remove();
});

/** A process's command line; empty when it is gone. */
function commandOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
  } catch {
    return '';
  }
}

const fake = (more: readonly string[] = []): ExternalAgent => ({
  ...externalAgent('aider')!, slug: 'fake', program: 'fake-agent', leftovers: /^\.fake/, answer: () => 'It is in `main.js:1`.',
  command: ({ door, message }) => ({ args: [...more], env: { FAKE_TOKEN: door.token }, files: { 'message.md': message }, stdin: 'from stdin' }),
});

async function run(workspace: GitWorkspace, agent: ExternalAgent, more: { mode?: 'code' | 'ask'; signal?: AbortSignal } = {}): Promise<{ outcome: AgentOutcome | Error; store: JournalStore; seen: Record<string, unknown> }> {
  const store = new JournalStore();
  const provider = new ScriptedProvider(() => ({ text: 'I heard you.' }));
  const runner = new AgentRunners(fixture.bubblewrap, Logger.create('silent', 'test')).in(workspace, await agentProgram(program));
  const clock = { now: () => new Date(), monotonicMs: () => performance.now(), sleep: () => Promise.resolve() };
  const task = testTask({ mode: more.mode ?? 'code', deadline: Date.now() + 60_000 });
  const outcome = await new ExternalEngine(agent, runner).run({ ...testHost({ provider, workspace, journal: new MemoryJournal(store), task, ...(more.signal ? { signal: more.signal } : {}) }), clock }).catch((error: unknown) => error as Error);
  const output = store.ofType('step').flatMap(({ results }) => results)[0]?.fullText ?? '';
  return { outcome, store, seen: output.startsWith('{') ? (JSON.parse(output) as Record<string, unknown>) : { output } };
}

it('sees the task\'s files, its door and nothing else, and only its work is left', async () => {
  const workspace = await fixture.open();
  const { outcome, seen, store } = await run(workspace, fake());
  expect(seen).toMatchObject({ said: 'I heard you.', stranger: 401, outside: 'no network', masked: '', edited: 'EROFS', changed: 'written', program: 'EROFS', door: 'EROFS', stdin: 'from stdin' });
  expect(seen['message']).toContain('Mend the add function.');
  expect((seen['names'] as string[]).filter((name) => !name.startsWith('GIT_CONFIG_') && /KEY|SECRET|DATABASE|REDIS|KEK|JWT|ANTHROPIC|OPENAI/.test(name))).toEqual([]);
  expect(seen['roots']).not.toContain('work');
  expect(outcome).toMatchObject({ kind: 'submitted' });
  expect((await workspace.diff()).files.map(({ path, status }) => [path, status])).toEqual([['made.txt', 'added']]);
  expect(store.ofType('model.completed')).toHaveLength(1);
  const left = await fixture.shell(`find ${fixture.dataDir}/workspaces -maxdepth 2 -name 'door-*'`);
  expect(left).toBe('');
});

it('can change nothing where its mode may not', async () => {
  const workspace = await fixture.open({ readOnly: true });
  const { outcome, seen } = await run(workspace, fake(), { mode: 'ask' });
  expect(seen).toMatchObject({ said: 'I heard you.', masked: '', edited: 'EROFS', changed: 'EROFS' });
  expect(outcome).toMatchObject({ kind: 'submitted', submission: { answer: 'It is in `main.js:1`.' } });
});

it('is gone when the run is stopped, and its door with it', async () => {
  const workspace = await fixture.open();
  const controller = new AbortController();
  const running = run(workspace, fake(['--wait']), { signal: controller.signal });
  const isThere = (): boolean => readdirSync('/proc').some((pid) => /^\d+$/.test(pid) && commandOf(pid).includes(`${program} --wait`));
  while (!isThere()) await new Promise((resolve) => setTimeout(resolve, 100));
  controller.abort(new StopError('cancel'));
  expect((await running).outcome).toBeInstanceOf(StopError);
  expect(isThere()).toBe(false);
});

it('is refused in words when a sandbox could not see it', async () => {
  const closed = join(fixture.folder, 'closed');
  await mkdir(closed, { recursive: true, mode: 0o700 });
  await writeFile(join(closed, 'agent'), PROGRAM, { mode: 0o755 });
  await expect(agentProgram(join(closed, 'agent'))).rejects.toThrow(UnusableProgram);
});
