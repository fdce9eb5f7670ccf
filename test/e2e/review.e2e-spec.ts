import { expectGithubManners } from '../support/github-manners';
import { askedOf } from '../support/peer-script';
import { PeerRemarks } from '../support/peer-remarks';
import { TaskHouse } from '../support/task-house';
import { WorkerProcess } from '../support/worker-process';

type Json = Record<string, unknown>;

const CODE = Array.from({ length: 40 }, (_, n) => `export const value${n + 1} = ${n + 1};`).join('\n') + '\n';
const edited = (...lines: readonly (readonly [number, string])[]): string => CODE.split('\n').map((text, n) => lines.find(([line]) => line === n + 1)?.[1] ?? text).join('\n');
const HANDED_IN = { title: 'Changes values', summary: 'It changes values. Ping @octocat ![x](https://evil.test/p.png)', testing: '', risks: '' };
const remark = (line: number, title: string, more: Json = {}) => ({ name: 'add_finding', args: { file: 'src/values.ts', line, severity: 'high', confidence: 'high', category: 'bug', title, body: `About line ${line}. cc @octocat`, ...more } });
const review = (...calls: readonly object[]) => [...(calls.length > 0 ? [{ calls }] : []), { calls: [{ name: 'submit', args: HANDED_IN }] }];

/** Reviews of pull requests on GitHub's stand-in, through both processes. */
describe('reviews', () => {
  let house: TaskHouse;
  let remarks: PeerRemarks;
  let worker: WorkerProcess;
  let made = 0;

  beforeAll(async () => {
    house = await TaskHouse.open({}, ['--worker', '0']);
    worker = await WorkerProcess.start(house.running);
    remarks = new PeerRemarks(house.state.peers.github, new URL(house.state.repository.cloneUrl).pathname.slice(1).replace(/\.git$/, ''));
    await remarks.commit({ branch: 'main', files: { 'src/values.ts': CODE } });
  }, 180_000);

  afterAll(async () => {
    await worker?.stop();
    await house?.close();
  }, 60_000);

  beforeEach(() => house.model('reset'));

  async function pullOf(files: Record<string, string | null>, more: { draft?: boolean; fork?: boolean; author?: string } = {}): Promise<{ branch: string; number: number; headSha: string }> {
    const branch = `topic-${(made += 1)}`;
    await remarks.commit({ branch, files });
    return { branch, ...(await remarks.pull({ head: branch, ...more })) };
  }

  /** `scores` answers the second look, remark by remark; left out: it says nothing usable. */
  async function play(number: number, turns: readonly object[], { scores, ...fields }: Json & { scores?: readonly object[] } = {}): Promise<{ id: string; task: Json }> {
    const id = await start(number, turns, { scores, ...fields });
    return { id, task: await house.ada.until(id, ['completed', 'failed', 'paused'], 90_000) };
  }

  async function start(number: number, turns: readonly object[], { scores, ...fields }: Json & { scores?: readonly object[] } = {}): Promise<string> {
    const mark = `REVIEW-${(made += 1)}-END`;
    await house.model('script', { match: { text: 'You check the remarks that a colleague made' }, turns: [scores ? { calls: [{ name: 'score_remarks', args: { scores } }] } : { text: 'Fine.' }] });
    await house.model('script', { match: { text: mark }, turns });
    return house.handIn({ mode: 'pr_review', prompt: `Review it. ${mark}`, sourcePullRequestNumber: number, ...fields });
  }

  const of = async (number: number) => {
    const all = await remarks.all();
    const comments = all.comments.filter((one) => one.number === number);
    return { reviews: all.reviews.filter((one) => one.number === number), comments, threads: all.threads.filter(({ firstCommentId }) => comments.some(({ id }) => id === firstCommentId)), summaries: all.issueComments.filter((one) => one.number === number), runs: all.runs };
  };
  const findings = async (id: string, query = '') => (await house.ada.get<{ data: Json[] }>(`/tasks/${id}/findings${query}`)).body.data;

  it('posts one review on lines of the diff and one summary, and nothing more for the same commit', async () => {
    const { branch, number, headSha } = await pullOf({ 'src/values.ts': edited([10, 'export const value10 = null;'], [30, 'export const value30 = eval("30");']) });
    await remarks.check({ sha: headSha, name: 'build', conclusion: 'failure' });
    const turns = review(remark(10, 'A null', { suggestion: 'export const value10 = 10;' }), remark(20, 'Not in the diff'), remark(30, 'An eval'), remark(11, 'Weak', { category: 'other' }));
    const { id, task } = await play(number, turns, { scores: [{ n: 1, score: 8 }, { n: 2, score: 9 }, { n: 3, score: 1 }] });
    expect(task).toMatchObject({ status: 'completed', statusReason: null, sourcePullRequestNumber: number });
    const { reviews, comments, summaries, runs } = await of(number);
    expect(reviews).toMatchObject([{ state: 'COMMENTED', commitId: headSha, body: expect.stringContaining('CI is red at this commit: `build`') as string }]);
    expect(comments).toMatchObject([{ line: 30 }, { path: 'src/values.ts', line: 10 }]);
    const nulls = comments.find(({ line }) => line === 10)!;
    expect(nulls.body).toContain('```suggestion\nexport const value10 = 10;\n```');
    expect(comments.map(({ body }) => body).join()).not.toContain('@octocat');
    expect(summaries).toHaveLength(1);
    const summary = summaries[0]!.body;
    expect(summary.indexOf('**CI is red**')).toBeLessThan(summary.indexOf('Changes values'));
    for (const part of ['2 new, 0 standing, 0 not on lines, 1 suppressed', 'Weak', '1 of 10', 'An eval']) expect(summary).toContain(part);
    expect(summary).not.toMatch(/@octocat|evil\.test\/p/);
    expect(runs.filter(({ sha }) => sha === headSha)).toEqual(expect.arrayContaining([expect.objectContaining({ name: 'Async Coder review', conclusion: 'neutral' })]));
    expect((await findings(id)).map(({ title, surfaced, score, status }) => [title, surfaced, score, status])).toEqual([['A null', 'inline', 8, 'open'], ['An eval', 'inline', 9, 'open'], ['Weak', 'suppressed', 1, 'open']]);
    const { rows } = await house.database.query<{ purpose: string }>('SELECT purpose FROM api_key_usage_logs WHERE task_id = $1 ORDER BY call_seq', [id]);
    expect(rows.map(({ purpose }) => purpose)).toEqual(['agent', 'agent', 'review']);

    const again = await play(number, turns);
    expect(again.task).toMatchObject({ status: 'completed', statusReason: 'already_reviewed' });
    expect(await of(number)).toEqual({ reviews, comments, threads: (await of(number)).threads, summaries, runs });

    // One is done, one stays, one is new: only what came later is judged.
    const { id: dismissed } = (await findings(id))[1]!;
    await remarks.commit({ branch, files: { 'src/values.ts': edited([5, 'export const value5 = "5";'], [30, 'export const value30 = eval("30");']) } });
    const second = await play(number, review(remark(5, 'A text'), remark(30, 'An eval, again')), { scores: [{ n: 1, score: 7 }, { n: 2, score: 7 }] });
    expect(second.task).toMatchObject({ status: 'completed', statusReason: null });
    const after = await of(number);
    expect(after.reviews).toHaveLength(2);
    expect(after.comments.slice(2)).toMatchObject([{ line: 5 }]);
    expect(after.threads.filter(({ resolvedBy }) => resolvedBy !== null).map(({ firstCommentId }) => firstCommentId)).toEqual([nulls.id]);
    expect(after.summaries).toHaveLength(1);
    for (const part of ['1 new, 1 standing', 'Settled since: 1', 'A null', 'what came after']) expect(after.summaries[0]!.body).toContain(part);
    const said = JSON.stringify(await house.prompts('This pull request was reviewed at'));
    expect(said).toContain('value5');
    expect(said).not.toContain('+export const value30');

    // What people dismiss is not said again, in no pull request of the repository.
    expect(dismissed).toBeDefined();
    const { status, body } = await house.ada.send('PATCH', `/findings/${String(dismissed)}`, { status: 'dismissed', reason: 'We trust it.' });
    expect({ status, body }).toMatchObject({ status: 200, body: { status: 'dismissed', dismissedReason: 'We trust it.', dismissedBy: { username: expect.any(String) as string } } });
    const other = await pullOf({ 'src/values.ts': edited([30, 'export const value30 = eval("30");']) });
    const third = await play(other.number, review(remark(30, 'An eval')));
    expect(third.task).toMatchObject({ status: 'completed' });
    expect((await of(other.number)).comments).toEqual([]);
    expect((await of(other.number)).summaries[0]!.body).toContain('1 more was dismissed by people');
    const ofPull = await house.ada.get<{ data: Json[] }>(`/pull-requests/${String((await findings(third.id, '?status=dismissed'))[0]!['pullRequestId'])}/findings`);
    expect(ofPull.body.data).toMatchObject([{ title: 'An eval', status: 'dismissed' }]);
  }, 300_000);

  it('survives a refused line, a fork and more remarks than are wanted', async () => {
    const { number, headSha } = await pullOf({ 'src/values.ts': edited([10, 'x10'], [20, 'x20'], [30, 'x30']) }, { fork: true });
    await fetch(`${house.state.peers.github}/__peer/faults`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ match: { method: 'POST', path: '/reviews' }, status: 422, message: 'Line could not be resolved' }) });
    await remarks.check({ sha: headSha, suite: 'GitHub Actions', status: 'completed', conclusion: 'action_required' });
    const { task, id } = await play(number, review(remark(10, 'Ten'), remark(20, 'Twenty', { severity: 'critical' }), remark(30, 'Thirty')), { options: { maxComments: 2 } });
    expect(task).toMatchObject({ status: 'completed' });
    const { comments, summaries } = await of(number);
    expect(comments).toEqual([]);
    for (const part of ['`GitHub Actions` waits for an approval to run', '0 new, 0 standing, 3 not on lines', 'Twenty', 'more than the comments that are wanted', '3 could not be held against the code']) expect(summaries[0]!.body).toContain(part);
    expect((await findings(id)).map(({ surfaced }) => surfaced)).toEqual(['summary', 'summary', 'summary']);
  }, 120_000);

  it('names the files of a large change that were not shown', async () => {
    const files = Object.fromEntries(Array.from({ length: 300 }, (_, n) => [`big/file${n}.ts`, Array.from({ length: 60 }, (_line, line) => `export const name_${n}_${line} = 'a value that takes some room ${line}';`).join('\n') + '\n']));
    const { number } = await pullOf(files);
    const { task } = await play(number, review(), { options: { reviewLevel: 'light' } });
    expect(task).toMatchObject({ status: 'completed' });
    const { reviews, summaries, runs } = await of(number);
    expect(reviews).toEqual([]);
    expect(summaries[0]!.body).toMatch(/Not shown to the reviewer: 2\d\d files/);
    expect(summaries[0]!.body).toContain('the diff is too large');
    expect(runs.at(-1)).toMatchObject({ conclusion: 'success' });
    const [prompt] = await house.prompts('Not shown here; read them');
    expect(prompt!.length).toBeLessThan(200_000);
  }, 180_000);

  it('approved, asked for changes, pushed and merged nowhere, and left no token alive', async () => {
    const all = await askedOf<{ method: string; path: string; body: { event?: string; state?: string } | null }>(house.state.peers.github);
    const posted = all.filter(({ method, path, body }) => method === 'POST' && path.endsWith('/reviews') && body !== null);
    expect(posted.length).toBeGreaterThan(1);
    expect(new Set(posted.map(({ body }) => body?.event))).toEqual(new Set(['COMMENT']));
    expect(all.filter(({ method, path }) => /git-receive-pack|\/merge$|\/git\/refs/.test(path) || (method === 'PATCH' && /\/pulls\/\d+$/.test(path)))).toEqual([]);
    await expectGithubManners(house.state.peers.github);
  }, 60_000);

  it.each(['review-after', 'summary-after'])('posts one review and one summary when its worker dies at %s', async (point) => {
    const { number } = await pullOf({ 'src/values.ts': edited([10, `y10 // ${point}`]) });
    await worker.stop();
    const dying = await WorkerProcess.start(house.running, { CRASH_AT: point });
    const id = await start(number, review(remark(10, 'Ten')), { scores: [{ n: 1, score: 8 }] });
    expect((await dying.ended).signal).toBe('SIGKILL');
    // Nobody here waits to see a lease pass.
    await house.database.query(`UPDATE task_attempts SET lease_expires_at = now() WHERE status = 'running'`);
    worker = await WorkerProcess.start(house.running);
    expect(await house.ada.until(id, ['completed', 'failed'], 120_000)).toMatchObject({ status: 'completed', statusReason: null });
    const { reviews, comments, summaries } = await of(number);
    expect([reviews.length, comments.length, summaries.length]).toEqual([1, 1, 1]);
    expect(summaries[0]!.body).toContain('1 new, 0 standing');
  }, 240_000);
});
