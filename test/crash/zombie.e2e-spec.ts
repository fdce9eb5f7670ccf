import { execFileSync } from 'node:child_process';
import { Client } from 'pg';
import { ApiClient } from '../support/api-client';
import { askedOf, teach, tellPeer } from '../support/peer-script';
import { RunningQuickstart } from '../support/quickstart';
import { WorkerProcess } from '../support/worker-process';
import { branchesOf, lookAtTasks, NOTHING_OPEN, openRows } from './ended-once';

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const DONE = ['completed', 'failed', 'cancelled', 'timed_out', 'paused'];
const SUBMIT = { name: 'submit', args: { title: 'Add a note', summary: 'Adds a note.', testing: 'None needed.', risks: '' } };
const write = (path: string): { name: string; args: unknown } => ({ name: 'write', args: { path, content: 'a note\n' } });

/** Each task is frozen somewhere else: in a command, while the model answers, before the push, before the pull request. */
const TURNS = {
  command: [{ calls: [{ name: 'bash', args: { command: 'echo begun > note.md; sleep 12; echo done >> note.md' } }] }, { calls: [SUBMIT] }],
  answer: [{ calls: [write('answer.md')] }, { calls: [SUBMIT] }],
  push: [{ calls: [write('push.md')] }, { calls: [SUBMIT] }],
} as const;

/** A worker stands still for longer than its lease, another one takes over, and then the first goes on as if nothing had happened. */
describe('a worker that was frozen past its lease', () => {
  let house: RunningQuickstart;
  let ada: ApiClient;
  let database: Client;
  let frozen: WorkerProcess;
  let other: WorkerProcess;
  const ids: Record<string, string> = {};

  beforeAll(async () => {
    house = await RunningQuickstart.start(['--worker', '0'], { WORKER_CONCURRENCY: '4' });
    ada = new ApiClient(house.state.apiUrl, house.state.users[0]!.accessToken);
    database = new Client({ connectionString: house.state.databaseUrl });
    await database.connect();
    frozen = await WorkerProcess.start(house, { WORKER_DATA_DIR: house.newWorkerFolder() });
  }, 240_000);

  afterAll(async () => {
    frozen?.thaw();
    await Promise.all([frozen?.stop(), other?.stop()]);
    await database?.end();
    await house?.stop();
  }, 120_000);

  const stages = async (): Promise<string[]> => {
    const { rows } = await database.query<{ seen: string }>(
      `SELECT CASE WHEN EXISTS (SELECT FROM task_events e WHERE e.task_id = t.id AND e.type = 'model.completed') THEN t.title || ' answered ' ELSE t.title || ' waits ' END || t.status AS seen FROM tasks t ORDER BY t.title`,
    );
    return rows.map(({ seen }) => seen);
  };

  /** Everything that any of the tasks ever wrote, paid, pushed or opened. */
  async function traces(): Promise<Record<string, unknown>> {
    const count = async (sql: string): Promise<string> => (await database.query<{ n: string }>(`SELECT coalesce(md5(string_agg(x::text, ',' ORDER BY x::text)), '') || ' ' || count(*) AS n FROM (${sql}) x`)).rows[0]!.n;
    const asked = await askedOf(house.state.peers.github);
    return {
      events: await count('SELECT task_id, seq, type, attempt_id FROM task_events'),
      logs: await count('SELECT task_id, seq FROM task_logs'),
      tasks: await count('SELECT id, status, row_version FROM tasks'),
      attempts: await count('SELECT id, status, fence, checkpoint, bundle_blob_id FROM task_attempts'),
      effects: await count('SELECT * FROM task_effects'),
      results: await count('SELECT id, content_sha256 FROM task_results'),
      blobs: await count('SELECT id FROM blobs'),
      holds: await count('SELECT * FROM credit_holds'),
      charges: await count('SELECT id FROM credit_transactions'),
      usage: await count('SELECT id FROM api_key_usage_logs'),
      pullRequests: await count('SELECT id, head_sha FROM pull_requests'),
      branches: execFileSync('git', ['ls-remote', house.state.repository.cloneUrl], { encoding: 'utf8' }),
      pushes: asked.filter(({ path, method }) => method === 'POST' && path.includes('git-receive-pack')).length,
      opened: asked.filter(({ path, method }) => method === 'POST' && path.endsWith('/pulls')).length,
    };
  }

  it('is overtaken while it stands in a command, in an answer and before a push', async () => {
    for (const [name, turns] of Object.entries(TURNS)) {
      await teach(house.state.peers.llm, `Task ${name}.`, turns);
      // The model takes its time over this one.
      if (name === 'answer') await tellPeer(house.state.peers.llm, 'faults', { match: { text: 'Task answer.' }, delayMs: 12_000 });
      const { status, body } = await ada.post('/tasks', { title: name, prompt: `Task ${name}.`, repositoryId: house.state.repository.id });
      expect(status).toBe(201);
      ids[name] = String(body.id);
      if (name === 'push') await tellPeer(house.state.peers.github, 'faults', { match: { path: 'git-receive-pack' }, delayMs: 6_000 });
    }
    const wanted = ['answer waits in_progress', 'command answered in_progress', 'push answered publishing'];
    for (const end = Date.now() + 60_000; JSON.stringify(await stages()) !== JSON.stringify(wanted) && Date.now() < end; ) await pause(100);
    expect(await stages()).toEqual(wanted);
    frozen.freeze();
    expect(house.leftOver().filter((one) => one.includes('workspaces')).length).toBeGreaterThanOrEqual(3);
    other = await WorkerProcess.start(house, { WORKER_DATA_DIR: house.newWorkerFolder() });
    for (const id of Object.values(ids)) expect(await ada.until(id, DONE, 120_000)).toMatchObject({ status: 'completed' });
  }, 240_000);

  it('then changes nothing: no row, no push, no pull request, no charge; and ends its sandboxes', async () => {
    const before = await traces();
    const mine = house.leftOver();
    expect(mine.length).toBeGreaterThan(0);
    frozen.thaw();
    for (const end = Date.now() + 40_000; house.leftOver().length > 0 && Date.now() < end; ) await pause(250);
    expect(house.leftOver()).toEqual([]);
    // Longer than a renewal of the lease and a time-out of what it was waiting for.
    await pause(8_000);
    expect(await traces()).toEqual(before);
    expect(frozen.isRunning).toBe(true);
    expect((await fetch(`${frozen.url}/health/live`)).status).toBe(200);
  }, 120_000);

  it('and each task was done once', async () => {
    for (const row of await lookAtTasks(database, Object.values(ids))) expect(row).toMatchObject({ status: 'completed', ends: 1, gaps: 0, charged: row.used, chargedTwice: 0, pullRequests: 1, effects: 1 });
    expect(branchesOf(house)).toEqual(Object.values(ids).map((id) => `refs/heads/async-coder/${id}`).sort());
    expect(await openRows(database)).toMatchObject(NOTHING_OPEN);
  });

  it('and it works again', async () => {
    await other.stop();
    const { body } = await ada.post('/tasks', { title: 'again', prompt: 'Task push.', repositoryId: house.state.repository.id });
    expect(await ada.until(String(body.id), DONE, 60_000)).toMatchObject({ status: 'completed' });
  }, 120_000);
});
