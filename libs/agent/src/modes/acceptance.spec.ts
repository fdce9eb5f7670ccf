import type { Submission, Verification } from '../journal';
import { MemoryWorkspace } from '../testing/memory-workspace';
import { SAMPLE_FILES } from '../testing/sample';
import { testTask } from '../testing/test-host';
import { acceptAnswer, citationFaults } from './accept-answer';
import { acceptChange } from './accept-change';
import type { AcceptContext, RefusalCode } from './mode';

const submission: Submission = { title: 't', summary: 's', testing: '', risks: '', discard: [], answer: null, noChangesReason: null };
const check = { name: 'npm test', command: 'npm test', phase: 'head' as const, exitCode: 1, durationMs: 1, status: 'failed' as const, alreadyFailing: false, outputTail: 'boom' };
const failing: Verification = { status: 'failed', source: 'package.json', note: null, checks: [check] };
const skipped: Verification = { status: 'skipped', source: 'none', note: null, checks: [] };

function context(workspace: MemoryWorkspace, changes: { verification?: Verification; refusals?: Partial<Record<RefusalCode, number>>; task?: Parameters<typeof testTask>[0] } = {}): AcceptContext & { verified: number } {
  const made = {
    task: testTask(changes.task), workspace, baseline: null, verified: 0,
    refusals: (code: RefusalCode) => changes.refusals?.[code] ?? 0,
    run: () => Promise.reject(new Error('not asked for')),
    verify: () => {
      made.verified += 1;
      return Promise.resolve(changes.verification ?? { ...skipped, status: 'passed' as const });
    },
  };
  return made;
}

async function changed(paths: Record<string, string>): Promise<MemoryWorkspace> {
  const workspace = new MemoryWorkspace(SAMPLE_FILES);
  for (const [path, text] of Object.entries(paths)) await workspace.write(path, text);
  return workspace;
}

describe('acceptChange', () => {
  it('drops a reason for no changes when there are some', async () => {
    const verdict = await acceptChange({ ...submission, noChangesReason: 'none needed' }, context(await changed({ 'a.txt': 'a' })));
    expect(verdict).toMatchObject({ accepted: true, outcome: { kind: 'submitted', submission: { noChangesReason: null } } });
  });

  it('takes a change that is left out completely for none', async () => {
    const workspace = await changed({ 'tmp/a.txt': 'a', '.github/workflows/ci.yml': 'x' });
    const seen = context(workspace);
    const verdict = await acceptChange({ ...submission, discard: ['tmp/'] }, seen);
    expect(verdict).toMatchObject({ accepted: false, code: 'no_changes' });
    expect(verdict.accepted ? '' : verdict.reason).toContain('.github/workflows/ci.yml (CI files may not be changed');
    expect(seen.verified).toBe(0);
  });

  it('needs checks that passed where verification is required', async () => {
    const workspace = await changed({ 'a.txt': 'a' });
    expect(await acceptChange(submission, context(workspace, { verification: skipped, task: { requireVerification: true } }))).toMatchObject({ accepted: true, outcome: { kind: 'failed', code: 'verification_failed' } });
    expect(await acceptChange(submission, context(workspace, { verification: skipped }))).toMatchObject({ accepted: true, outcome: { kind: 'submitted', verification: { status: 'skipped' } } });
  });

  it('shows the model what failed', async () => {
    const verdict = await acceptChange(submission, context(await changed({ 'a.txt': 'a' }), { verification: failing, refusals: { checks_failed: 1 } }));
    expect(verdict).toMatchObject({ accepted: false, code: 'checks_failed', reason: expect.stringContaining('$ npm test\n[exit code 1]\nboom') as string });
  });
});

describe('acceptAnswer', () => {
  it('refuses when the tree was changed', async () => {
    const verdict = await acceptAnswer({ ...submission, answer: 'src/add.js:1' }, context(await changed({ 'a.txt': 'a' })));
    expect(verdict).toMatchObject({ accepted: true, outcome: { kind: 'failed', code: 'incomplete' } });
  });

  it('takes the summary where no answer was given', async () => {
    const verdict = await acceptAnswer({ ...submission, summary: 'See src/add.js:2.' }, context(new MemoryWorkspace(SAMPLE_FILES)));
    expect(verdict).toMatchObject({ accepted: true, outcome: { submission: { answer: 'See src/add.js:2.' } } });
  });

  it('checks every place against the base', async () => {
    const { base } = new MemoryWorkspace({ ...SAMPLE_FILES, 'logo.png': 'PNG\0', 'empty.txt': '' });
    expect(await citationFaults('`src/add.js:1`, [src/add.js:2-3] and AGENTS.md:1', base)).toEqual([]);
    expect(await citationFaults('src/add.js:4', base)).toEqual(['src/add.js:4: the file has 3 lines']);
    expect(await citationFaults('src/add.js:3-2 src/add.js:0', base)).toEqual(['src/add.js:3-2: these are no lines', 'src/add.js:0: these are no lines']);
    expect(await citationFaults('src:1/x and src/none.js:1 and logo.png:1 and empty.txt:1', base)).toEqual(['src/none.js:1: there is no such file', 'logo.png:1: a binary file has no lines', 'empty.txt:1: the file has 0 lines']);
    expect(await citationFaults('../secrets/x.js:1', base)).toEqual(['../secrets/x.js:1: there is no such file']);
    expect(await citationFaults('It listens on localhost:3000.', base)).toEqual(['the answer cites no place in the repository as path:line']);
    expect(await citationFaults('There is nothing here.', new MemoryWorkspace({}).base)).toEqual([]);
  });
});
