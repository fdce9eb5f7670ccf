import { FakeClock } from '@app/common/testing';
import type { Verification } from '../journal';
import type { CommandHandler } from '../testing/memory-tree';
import { MemoryWorkspace } from '../testing/memory-workspace';
import type { ExecOptions } from '../workspace';
import { ownExamNote } from './own-exam';
import { verificationTable } from './table';
import { planOf, Verifier } from './verifier';

/** `check X` passes when the file X says ok. */
const onCommand: CommandHandler = (command, files) => {
  const name = /^check (\S+)/.exec(command)?.[1];
  if (name === undefined) return undefined;
  const isRight = files.get(name) === 'ok';
  return { exitCode: isRight ? 0 : 2, output: `${name}: ${files.get(name)} token hunter2hunter2` };
};

function bench(files: Record<string, string>, deadline = Date.UTC(2027, 0)): { workspace: MemoryWorkspace; verifier: Verifier } {
  const workspace = new MemoryWorkspace(files, { onCommand });
  return { workspace, verifier: new Verifier({ workspace, clock: new FakeClock(), deadline, signal: new AbortController().signal, secrets: ['hunter2hunter2'] }) };
}

const plan = { source: 'task', checks: ['check a', 'check b', 'check c'].map((command) => ({ name: command, command })) };

function judged(verification: Verification): unknown[] {
  return verification.checks.map(({ command, phase, status, alreadyFailing }) => `${phase} ${command}: ${status}${alreadyFailing ? ', before as well' : ''}`);
}

describe('Verifier', () => {
  it('blames the work for what it broke, not for what failed before', async () => {
    const { workspace, verifier } = bench({ a: 'ok', b: 'bad', c: 'bad' });
    const baseline = await verifier.onBase(plan);
    expect([baseline.status, ...judged(baseline)]).toEqual(['failed', 'base check a: passed', 'base check b: failed', 'base check c: failed']);
    await workspace.write('c', 'ok');
    const head = await verifier.onHead(plan, baseline, null);
    expect([head.status, ...judged(head)]).toEqual(['passed', 'base check a: passed', 'head check a: passed', 'base check b: failed', 'head check b: failed, before as well', 'base check c: failed', 'head check c: passed']);
    await workspace.write('a', 'broken');
    expect((await verifier.onHead(plan, baseline, null)).status).toBe('failed');
  });

  it('runs on the base what failed on the head and was not run there', async () => {
    const { workspace, verifier } = bench({ a: 'ok', b: 'bad', c: 'ok' });
    await workspace.write('a', 'broken');
    const head = await verifier.onHead(plan, null, null);
    expect([head.status, ...judged(head)]).toEqual(['failed', 'base check a: passed', 'head check a: failed', 'base check b: failed', 'head check b: failed, before as well', 'head check c: passed']);
    expect(workspace.base.commands).toEqual(['check a', 'check b']);
  });

  it('skips when there is nothing to run, and says so', async () => {
    const { verifier } = bench({});
    expect(await verifier.onBase({ source: 'none', checks: [] })).toMatchObject({ status: 'skipped', checks: [], note: expect.stringContaining('none was found') as string });
  });

  it('keeps the end of an output, without secrets', async () => {
    const { verifier } = bench({ a: 'x'.repeat(9_000) });
    const [check] = (await verifier.onBase({ source: 'task', checks: [{ name: 'a', command: 'check a' }] })).checks;
    expect(check?.outputTail.length).toBeLessThanOrEqual(4_000);
    expect(check?.outputTail).toMatch(/token \[redacted\]$/);
    expect(check).toMatchObject({ exitCode: 2, durationMs: 7 });
  });

  it('gives a check what is left of the task\'s time, and a little at the end', async () => {
    const limits: number[] = [];
    const { workspace, verifier } = bench({ a: 'ok' }, Date.UTC(2026, 0, 1) + 60_000);
    const original = workspace.exec.bind(workspace);
    workspace.exec = (command: string, options: ExecOptions, signal: AbortSignal) => {
      limits.push(options.timeoutMs);
      return original(command, options, signal).then((result) => ({ ...result, exitCode: null, killed: 'timeout' as const }));
    };
    const head = await verifier.onHead({ source: 'task', checks: [{ name: 'a', command: 'check a' }] }, null, null);
    expect(limits).toEqual([60_000]);
    expect(head.checks.at(-1)?.status).toBe('timed_out');
    expect(head.status).toBe('failed');
  });

  it('finds the plan of a recorded baseline again', async () => {
    const { verifier } = bench({ a: 'ok', b: 'ok', c: 'ok' });
    expect(planOf(await verifier.onBase(plan))).toEqual(plan);
  });
});

describe('verificationTable', () => {
  it('shows before and after, exit code and seconds', async () => {
    const { workspace, verifier } = bench({ a: 'ok', b: 'bad' });
    const checks = [{ name: 'check a', command: 'check a' }, { name: 'b', command: 'check b | cat `x`\n&& y' }];
    const baseline = await verifier.onBase({ source: 'package.json', checks });
    await workspace.write('a', 'ok');
    expect(verificationTable(await verifier.onHead({ source: 'package.json', checks }, baseline, null))).toBe([
      '| Command | Before | After | Exit code | Seconds | Already failing? |', '|---|---|---|---|---|---|',
      '| `check a` | passed | passed | 0 | 0.0 | no |', '| `check b \\| cat \'x\'; && y` | failed | failed | 2 | 0.0 | yes |', '', 'Commands from: package.json.',
    ].join('\n'));
    expect(verificationTable({ status: 'skipped', checks: [], source: 'none', note: null })).toBe('No check was run.');
  });
});

describe('ownExamNote', () => {
  const scripts = (test: string, version = '1'): string => JSON.stringify({ version, scripts: { test } });

  it('speaks up when the work changed what the checks do', async () => {
    const { workspace } = bench({ 'package.json': scripts('jest'), Makefile: 'test:\n' });
    const note = async (source: string): Promise<string | null> => ownExamNote(source, (await workspace.diff()).files, workspace);
    expect(await note('package.json')).toBeNull();
    await workspace.write('package.json', scripts('jest', '2'));
    expect(await note('package.json')).toBeNull();
    await workspace.write('package.json', scripts('true'));
    expect(await note('package.json')).toContain('edits package.json');
    await workspace.write('package.json', '{');
    expect(await note('package.json')).toContain('edits package.json');
    expect(await note('Makefile')).toBeNull();
    await workspace.write('Makefile', 'test:\n\ttrue\n');
    expect(await note('Makefile')).toContain('edits Makefile');
  });
});
