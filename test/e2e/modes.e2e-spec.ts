import { execFileSync } from 'node:child_process';
import { TaskHouse } from '../support/task-house';

type Json = Record<string, unknown>;

const HANDED_IN = { title: 'Done', summary: 'Done.', testing: 'See the table.', risks: 'None.' };
const submit = (more: Json = {}) => ({ calls: [{ name: 'submit', args: { ...HANDED_IN, ...more } }] });
const write = (path: string, content: string) => ({ name: 'write', args: { path, content } });

/** Modes that deliver something else than a change alone, through both processes. */
describe('modes', () => {
  let house: TaskHouse;
  /** What the first of these tasks pushed. */
  let branch: string;

  beforeAll(async () => {
    house = await TaskHouse.open();
  }, 180_000);

  afterAll(async () => {
    await house?.close();
  }, 60_000);

  beforeEach(() => house.model('reset'));

  async function play(mark: string, fields: Json, turns: readonly object[]): Promise<{ id: string; task: Json }> {
    await house.model('script', { match: { text: mark }, by: 'calls', turns });
    const id = await house.handIn({ prompt: `Please. ${mark}`, ...fields });
    return { id, task: await house.ada.until(id, ['completed', 'failed', 'paused', 'waiting_for_approval'], 90_000) };
  }

  async function results(id: string): Promise<Record<string, string>> {
    const { body } = await house.ada.get<{ data: { id: string; type: string; file: string | null }[] }>(`/tasks/${id}/results`);
    const texts = await Promise.all(body.data.map(async (result) => [result.file ?? result.type, (await house.ada.get<string>(`/tasks/${id}/results/${result.id}/content`)).body] as const));
    return Object.fromEntries(texts);
  }

  it('debug proves its test on the base and on the head, and keeps the diagnosis', async () => {
    const test = 'import { ok } from "node:assert";\nimport { existsSync } from "node:fs";\nok(existsSync("mended.js"));\n';
    const proof = { diagnosis: 'It was missing: package.json:1.', regressionTest: { command: 'node mended.test.js', files: ['mended.test.js'] } };
    const { id, task } = await play('MODE-DEBUG', { mode: 'debug', options: { verifyCommands: ['true'] } }, [
      { calls: [write('mended.js', '1;\n'), write('mended.test.js', 'import "node:assert";\n')] }, submit(proof),
      { calls: [{ name: 'read', args: { path: 'mended.test.js' } }] }, { calls: [write('mended.test.js', test)] }, submit(proof),
    ]);
    expect(task).toMatchObject({ status: 'completed', verification: { status: 'passed' } });
    branch = `async-coder/${id}`;
    const { checks } = task['verification'] as { checks: Json[] };
    expect(checks.map(({ name, phase, status }) => [name, phase, status])).toEqual(expect.arrayContaining([['Regression test: node mended.test.js', 'base', 'failed'], ['Regression test: node mended.test.js', 'head', 'passed']]));
    expect((await results(id))['diagnosis.md']).toContain('It was missing: package.json:1.');
    const { rows } = await house.database.query<{ text: string }>(`SELECT data ->> 'text' AS text FROM task_events WHERE task_id = $1 AND type = 'tool.result' AND data ->> 'text' LIKE 'Refused (regression)%'`, [id]);
    expect(rows).toMatchObject([{ text: expect.stringContaining('passes on the code as it was before your change') as string }]);
  }, 120_000);

  it('documentation opens no pull request for code', async () => {
    const { task } = await play('MODE-DOCS', { mode: 'documentation', options: { verifyCommands: ['true'] } }, [{ calls: [write('evil.js', 'evil();\n')] }, submit(), submit(), submit(), submit()]);
    expect(task).toMatchObject({ status: 'failed', statusReason: 'verification_failed', pullRequest: null });
  }, 120_000);

  it('documentation that only examines reports what the code contradicts, and can write nothing', async () => {
    const statement = 'Turns titles into slugs that are fit for addresses.';
    const found = { statement: 'Turns slugs into titles.', documentedAt: 'README.md:3', codeAt: 'package.json:1', reason: 'It is a manifest.' };
    const { id, task } = await play('MODE-VERIFY', { mode: 'documentation', options: { documentationKind: 'verify' } }, [{ calls: [write('README.md', 'x')] }, submit({ contradictions: [found] }), submit({ contradictions: [{ ...found, statement }] })]);
    expect(task).toMatchObject({ status: 'completed', pullRequest: null, options: { documentationKind: 'verify' } });
    expect(Object.entries(await results(id))).toEqual([['contradictions.md', expect.stringContaining(`> ${statement}`) as string]]);
    expect(execFileSync('git', ['ls-remote', house.state.repository.cloneUrl, `refs/heads/async-coder/${id}`], { encoding: 'utf8' })).toBe('');
    const { rows } = await house.database.query<{ text: string }>(`SELECT data ->> 'text' AS text FROM task_events WHERE task_id = $1 AND type = 'tool.result' ORDER BY seq`, [id]);
    expect(rows.map(({ text }) => text)).toEqual([expect.stringContaining('There is no tool "write"'), expect.stringMatching(/^Refused \(contradictions\): .*does not say/), 'Accepted.']);
  }, 120_000);

  it('architect leaves a plan that waits, and no branch', async () => {
    const { id, task } = await play('MODE-PLAN', { mode: 'architect' }, [submit({ plan: { steps: [{ id: 'one', title: 'One', description: 'Do it.', files: ['package.json', 'one.js (new)'] }] } })]);
    expect(task).toMatchObject({ status: 'waiting_for_approval', statusReason: 'plan_ready', planStatus: 'proposed', pullRequest: null });
    expect(execFileSync('git', ['ls-remote', house.state.repository.cloneUrl, `refs/heads/async-coder/${id}`], { encoding: 'utf8' })).toBe('');
  }, 120_000);

  it('pr_review keeps remarks on lines of the change, and no others', async () => {
    const finding = { file: 'mended.js', line: 1, severity: 'critical', confidence: 'high', category: 'bug', title: 'It does nothing', body: 'At all.', suggestion: '2;' };
    const { id, task } = await play('MODE-REVIEW', { mode: 'pr_review', branch }, [{ calls: [{ name: 'add_finding', args: finding }, { name: 'add_finding', args: { ...finding, file: 'package.json' } }] }, submit()]);
    expect(task).toMatchObject({ status: 'completed', pullRequest: null });
    const { body } = await house.ada.get<{ data: Json[] }>(`/tasks/${id}/findings?severity=high`);
    expect(body.data).toMatchObject([{ file: 'mended.js', endLine: 1, severity: 'critical', status: 'open', suggestion: finding.suggestion }]);
    expect((await results(id))['review']).toContain('### It does nothing');
    const { body: events } = await house.ada.get<{ data: { type?: string; event?: string }[] }>(`/tasks/${id}/events?limit=100`);
    expect(JSON.stringify(events)).toContain('"findingId"');
  }, 120_000);
});
