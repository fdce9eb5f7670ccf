import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ApiClient } from '../support/api-client';
import { ApiProcess } from '../support/api-process';
import { expectGithubManners } from '../support/github-manners';
import { PeerRemarks } from '../support/peer-remarks';
import { TaskHouse } from '../support/task-house';

type Json = Record<string, unknown>;

const write = (path: string) => ({ name: 'write', args: { path, content: `export const file = '${path}';\n` } });
const submit = { name: 'submit', args: { title: 'Add a file', summary: 'Adds a file.', testing: 'None.', risks: 'None.' } };
/** Turns of an agent that hands in one more file each time it is asked for something. */
const files = (...paths: readonly string[]) => paths.map((path) => ({ calls: [write(path), submit] }));

/** What starts by itself on GitHub, through webhooks, both processes and back to pull requests. */
describe('GitHub', () => {
  let house: TaskHouse;
  let remarks: PeerRemarks;
  let repository: string;

  beforeAll(async () => {
    house = await TaskHouse.open();
    repository = new URL(house.state.repository.cloneUrl).pathname.slice(1).replace(/\.git$/, '');
    remarks = new PeerRemarks(house.state.peers.github, repository);
    const { status } = await house.ada.send('PATCH', `/repositories/${house.state.repository.id}`, { settings: { autoFixChecks: true } });
    expect(status).toBe(200);
    await at('roles', { login: 'grace', role: 'write' });
  }, 180_000);

  afterAll(() => house?.close(), 60_000);

  /** Somebody does something on GitHub's pages. */
  async function at<Said = Json>(what: string, body: Json): Promise<Said> {
    const answer = await fetch(`${house.state.peers.github}/__peer/${what}`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ repository, ...body }) });
    if (!answer.ok) throw new Error(`${what}: ${await answer.text()}`);
    return (await answer.json()) as Said;
  }

  /** The App's, as the stand-in printed them. */
  function credentials(): { clientId: string; clientSecret: string } {
    const { logFolder } = house.running;
    const log = readdirSync(logFolder, { recursive: true, encoding: 'utf8' }).find((name) => name.endsWith('github.log')) ?? '';
    const line = readFileSync(join(logFolder, log), 'utf8').split('\n').find((text) => text.startsWith('{"peer":"github"'));
    return JSON.parse(line ?? '{}') as { clientId: string; clientSecret: string };
  }

  async function found<Row extends object>(sql: string, values: readonly unknown[]): Promise<Row> {
    for (const end = Date.now() + 30_000; ; await new Promise((resolve) => setTimeout(resolve, 100))) {
      const { rows } = await house.database.query<Row>(sql, [...values]);
      if (rows[0]) return rows[0];
      if (Date.now() > end) throw new Error(`nothing came: ${sql} ${JSON.stringify(values)}`);
    }
  }

  const taskOf = async (key: string): Promise<string> => (await found<{ id: string }>(`SELECT id FROM tasks WHERE dedupe_key LIKE $1`, [key])).id;
  const ended = (id: string): Promise<Json> => house.ada.until(id, ['completed', 'failed', 'paused'], 90_000);
  const script = (mark: string, turns: readonly object[]): Promise<void> => house.model('script', { match: { text: mark }, by: 'calls', turns });
  const messages = async (id: string): Promise<string[]> => (await house.ada.get<{ data: { content: string }[] }>(`/tasks/${id}/messages`)).body.data.map(({ content }) => content);
  const branchFiles = async (branch: string): Promise<string> => JSON.stringify((await house.database.query<{ data: unknown }>(`SELECT content FROM task_results r WHERE r.task_id::text = $1 AND result_type = 'diff' ORDER BY created_at`, [branch.replace('async-coder/', '')])).rows);

  it('turns a labelled issue into a pull request, and goes on there after a push, a comment and a failing check', async () => {
    await script('STORY-LABEL', files('one.js', 'two.js', 'three.js'));
    const issue = await at<{ number: number }>('issues', { title: 'A file is missing', body: 'Please add it. STORY-LABEL', author: 'mallory' });
    // Who may not write starts nothing, whatever they do.
    await at('labels', { number: issue.number, label: 'async-coder', login: 'mallory' });
    await at('comments', { number: issue.number, body: '@async-coder do it', login: 'mallory' });
    await at('labels', { number: issue.number, label: 'async-coder', login: 'grace' });
    const id = await taskOf(`issue:%:${issue.number}`);
    const first = await ended(id);
    expect(first).toMatchObject({ status: 'completed', attemptCount: 1, pullRequest: { number: expect.any(Number) as number } });
    const { number } = first['pullRequest'] as { number: number };
    expect(await house.database.query('SELECT count(*)::int AS count FROM tasks')).toMatchObject({ rows: [{ count: 1 }] });

    // Grace goes on with the branch; what she asks for then is built on her commit.
    const hers = await remarks.commit({ branch: `async-coder/${id}`, files: { 'grace.js': 'export const grace = 1;\n' }, author: 'grace' });
    await at('comments', { number, body: '@async-coder one more, please', login: 'grace' });
    await found('SELECT 1 FROM tasks WHERE id = $1 AND attempt_count = 2', [id]);
    expect(await ended(id)).toMatchObject({ status: 'completed', attemptCount: 2, pullRequest: { number } });
    expect(await messages(id)).toEqual([expect.stringContaining('one more, please') as string, expect.stringContaining(`it is at ${hers.slice(0, 12)} now`) as string]);
    const second = house.remoteHead(id);
    expect(await branchFiles(id)).toContain('two.js');

    // A check fails there. Nobody here waits for ten quiet minutes.
    await remarks.check({ sha: second, name: 'build', conclusion: 'failure' });
    await found('UPDATE check_watches SET due_at = now() WHERE task_id = $1 AND head_sha = $2 RETURNING 1', [id, second]);
    await found('SELECT 1 FROM tasks WHERE id = $1 AND attempt_count = 3', [id]);
    expect(await ended(id)).toMatchObject({ status: 'completed', attemptCount: 3, pullRequest: { number } });
    expect((await messages(id)).at(-1)).toContain(`A check failed on your commit ${second.slice(0, 12)}.`);
    expect(await at<Json>('webhooks/settle', {})).toEqual({});
    const commits = await house.database.query<{ sha: string }>(`SELECT intent ->> 'sha' AS sha FROM task_effects WHERE task_id = $1 AND kind = 'push' AND status = 'done' ORDER BY created_at`, [id]);
    expect(commits.rows.map(({ sha }) => sha)).toEqual([expect.any(String), second, house.remoteHead(id)]);
    expect((await remarks.all()).runs.filter(({ name }) => name === 'Async Coder').map(({ conclusion }) => conclusion)).not.toContain(null);
  }, 240_000);

  it('hears mentions, requests for a review, automations and the clock', async () => {
    await script('STORY-MENTION', files('mention.js'));
    await script('STORY-PULL', files('pull.js'));
    await script('Review pull request #', [{ calls: [submit] }]);
    await script('STORY-API', [{ calls: [{ name: 'submit', args: { ...submit.args, answer: 'It slugs titles (src/slugify.js:1).' } }] }]);
    await script('STORY-CLOCK', [{ calls: [{ name: 'submit', args: { ...submit.args, answer: 'It slugs titles (src/slugify.js:1).' } }] }]);
    const issue = await at<{ number: number }>('issues', { title: 'Another', body: 'Words', author: 'mallory' });
    const said = await at<{ id: string }>('comments', { number: issue.number, body: '@async-coder do it. STORY-MENTION', login: 'grace' });
    await remarks.commit({ branch: 'topic', files: { 'topic.js': 'export const topic = 1;\n' }, author: 'grace' });
    const pull = await remarks.pull({ head: 'topic', title: 'A topic', author: 'grace' });
    await at('review-requests', { number: pull.number, login: 'grace' });
    const onPull = await at<{ id: string }>('comments', { number: pull.number, body: '@async-coder add a file, STORY-PULL', login: 'grace' });
    const make = async (name: string, trigger: Json): Promise<string> => String((await house.ada.post('/automations', { name, repositoryId: house.state.repository.id, trigger, task: { prompt: `What does it do? STORY-${name} {{input}}`, mode: 'ask' }, maxCreditsPerRun: 50 })).body['id']);
    const api = await make('API', { kind: 'api' });
    const clock = await make('CLOCK', { kind: 'schedule', cron: '0 6 * * 1-5', timeZone: 'Europe/Berlin' });
    expect(await house.ada.post(`/automations/${api}/trigger`, { input: 'Now.' })).toMatchObject({ status: 202 });
    await house.database.query(`UPDATE automations SET next_run_at = now() - interval '1 second' WHERE id = $1`, [clock]);

    const mention = await ended(await taskOf(`mention:${said.id}`));
    expect(mention).toMatchObject({ status: 'completed', pullRequest: { number: expect.any(Number) as number } });
    const review = await ended(await taskOf(`review:%:${pull.number}:${pull.headSha}`));
    expect(review).toMatchObject({ status: 'completed', mode: 'pr_review' });
    const theirs = await ended(await taskOf(`mention:${onPull.id}`));
    expect(theirs).toMatchObject({ status: 'completed', branch: 'topic', targetBranch: 'topic' });
    const runs = await Promise.all([api, clock].map(async (automation) => found<{ taskId: string; status: string }>(`SELECT task_id AS "taskId", status FROM automation_runs WHERE automation_id = $1 AND task_id IS NOT NULL`, [automation])));
    for (const { taskId, status } of runs) {
      expect(status).toBe('started');
      expect(await ended(taskId)).toMatchObject({ status: 'completed', pullRequest: null });
    }
    const { issueComments } = await remarks.all();
    const texts = (number: number): string => issueComments.filter((one) => one.number === number && one.user.login === 'async-coder[bot]').map(({ body }) => body).join('\n');
    expect(texts(issue.number)).toContain(String(mention['id']));
    expect(texts(pull.number)).toContain('async-coder');
    // The clock has told once, and comes again at its next tick.
    const { rows } = await house.database.query<{ later: boolean; runs: number }>(`SELECT next_run_at > now() AS later, (SELECT count(*)::int FROM automation_runs WHERE automation_id = a.id) AS runs FROM automations a WHERE id = $1`, [clock]);
    expect(rows).toEqual([{ later: true, runs: 1 }]);
  }, 240_000);

  it('is connected in a browser, and then shows a repository in which a task ends with a pull request', async () => {
    const { clientId, clientSecret } = credentials();
    house.watch('client secret of the App', clientSecret);
    const process = await ApiProcess.start(house.running, { GITHUB_CLIENT_ID: clientId, GITHUB_CLIENT_SECRET: clientSecret });
    try {
      const { accessToken } = house.state.users[0]!;
      const ada = new ApiClient(process.url, accessToken);
      const [owner = ''] = repository.split('/');
      await at('repositories', { owner, name: 'secret', private: true, files: { 'README.md': '# Secret\n' } });
      const refused = await ada.post('/repositories', { fullName: `${owner}/secret` });
      expect(refused).toMatchObject({ body: { code: 'github_not_connected' } });

      const start = await ada.get<{ url: string }>('/auth/github/start?redirectTo=/settings');
      const cookie = start.headers.get('set-cookie')?.split(';')[0] ?? '';
      const asked = new URL(start.body.url);
      expect([asked.searchParams.get('code_challenge_method'), asked.searchParams.get('state')?.length]).toEqual(['S256', 43]);
      const allowed = await fetch(`${start.body.url}&peer_login=${owner}`, { redirect: 'manual' });
      const { pathname, search } = new URL(allowed.headers.get('location') ?? '');
      // Another browser cannot finish what this one began.
      expect((await fetch(process.url + pathname + search, { redirect: 'manual' })).status).toBe(410);
      const back = await fetch(process.url + pathname + search, { redirect: 'manual', headers: { cookie } });
      expect([back.status, new URL(back.headers.get('location') ?? '').search]).toEqual([303, '?status=connected']);
      expect((await fetch(process.url + pathname + search, { redirect: 'manual', headers: { cookie } })).status).toBe(410);

      const offered = await ada.get<{ data: { fullName: string }[] }>('/repositories/available');
      expect(offered.body.data.map(({ fullName }) => fullName)).toContain(`${owner}/secret`);
      const connected = await ada.post('/repositories', { fullName: `${owner}/secret` });
      expect(connected).toMatchObject({ status: 201, body: { status: 'active' } });
      expect(await ada.get(`/repositories/${String(connected.body['id'])}`)).toMatchObject({ status: 200, body: { accessLevel: 'admin' } });
      await script('STORY-OAUTH', files('oauth.js'));
      const task = await ada.post('/tasks', { repositoryId: connected.body['id'], prompt: 'Add a file. STORY-OAUTH' });
      expect(task.status).toBe(201);
      expect(await ended(String(task.body['id']))).toMatchObject({ status: 'completed', pullRequest: { number: 1 } });
      const tokens = (await (await fetch(`${house.state.peers.github}/__peer/user-tokens`)).json()) as { data: string[] };
      expect(tokens.data.length).toBeGreaterThan(0);
      for (const token of tokens.data) house.watch('token of a person at GitHub', token);
    } finally {
      await process.stop();
    }
  }, 120_000);

  it('was spoken to as its schema says, by tokens of one repository and one purpose, of which none is left alive', () => expectGithubManners(house.state.peers.github), 60_000);
});
