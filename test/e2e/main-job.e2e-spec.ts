import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { StreamedEvent } from '../support/api-client';
import { TaskHouse } from '../support/task-house';

/** Processes of this machine that run the command. */
function running(command: string): string[] {
  return readdirSync('/proc').filter((name) => {
    try {
      return /^\d+$/.test(name) && readFileSync(`/proc/${name}/cmdline`, 'utf8').replaceAll('\0', ' ').includes(command);
    } catch {
      return false;
    }
  });
}

/** One task from POST to pull request, through both processes, as a client sees it. */
describe('a task becomes a pull request', () => {
  let house: TaskHouse;

  beforeAll(async () => {
    house = await TaskHouse.open();
  }, 180_000);

  afterAll(async () => {
    await house?.close();
  }, 60_000);

  it('opens the pull request at the commit it reports, with checks that pass and exact accounts', async () => {
    const id = await house.handIn({ prompt: 'The test suite fails: fix the bug that makes it fail. Change the source, not the test.' });
    const events = await house.ada.stream(id, 0);
    expect(events.at(-1)).toMatchObject({ event: 'done', id: null, data: { status: 'completed' } });
    const { body: task } = await house.ada.get(`/tasks/${id}`);
    expect(task).toMatchObject({ status: 'completed', workBranch: `async-coder/${id}`, verification: { status: 'passed' }, pullRequest: { status: 'open' } });

    const folder = mkdtempSync(join(tmpdir(), 'async-coder-clone-'));
    try {
      const { cloneUrl } = house.state.repository;
      const branch = `async-coder/${id}`;
      const head = execFileSync('git', ['ls-remote', cloneUrl, `refs/heads/${branch}`], { encoding: 'utf8' }).split('\t')[0];
      const shown = events.find((event) => event.event === 'pull_request')?.data;
      expect(shown?.headSha).toBe(head);
      const page = await fetch(String(shown?.url));
      expect(page.status).toBe(200);
      execFileSync('git', ['clone', '--quiet', '--branch', branch, cloneUrl, folder]);
      execFileSync('npm', ['test'], { cwd: folder, stdio: 'pipe', env: { PATH: process.env.PATH } });
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }

    await expectExactAccounts(id);
  }, 120_000);

  /** Usage rows equal what the model peer answered, token by token; the ledger charged each call once. */
  async function expectExactAccounts(taskId: string): Promise<void> {
    const { rows: usage } = await house.database.query<Record<string, number>>(
      `SELECT input_tokens::int AS "inputTokens", cache_read_tokens::int AS "cacheReadTokens", cache_write_short_tokens::int AS "cacheWriteShortTokens",
              cache_write_long_tokens::int AS "cacheWriteLongTokens", output_tokens::int AS "outputTokens" FROM api_key_usage_logs WHERE task_id = $1 ORDER BY call_seq`,
      [taskId],
    );
    // The first task of this house: every call that the peer answered is its own.
    const answered = await house.asked<{ usage: Record<string, number> }>();
    expect(usage.length).toBeGreaterThan(2);
    expect(answered.map((request) => request.usage)).toMatchObject(usage);
    const { rows } = await house.database.query<Record<string, string>>(
      `SELECT (SELECT sum(credits_micro) FROM api_key_usage_logs WHERE task_id = $1) AS used,
              (SELECT -sum(amount_micro) FROM credit_transactions WHERE task_id = $1) AS charged,
              (SELECT credits_used_micro FROM task_counters WHERE task_id = $1) AS counted,
              (SELECT count(*) FROM credit_holds WHERE task_id = $1 AND status = 'held') AS open_holds`,
      [taskId],
    );
    expect(Number(rows[0]!.used)).toBeGreaterThan(0);
    expect(rows[0]).toMatchObject({ charged: rows[0]!.used, counted: rows[0]!.used, open_holds: '0' });
  }

  it('shows every event once to a client that reconnects five times', async () => {
    const id = await house.handIn({ prompt: 'The test suite fails: fix the bug that makes it fail.' });
    const seen: StreamedEvent[] = [];
    for (let connection = 0; connection < 5; connection += 1) {
      const last = seen.at(-1)?.id ?? 0;
      const part = await house.ada.stream(id, last, (events) => events.filter((event) => event.id !== null).length >= 3);
      seen.push(...part.filter((event) => event.id !== null));
    }
    seen.push(...(await house.ada.stream(id, seen.at(-1)?.id ?? 0)).filter((event) => event.id !== null));
    const { rows } = await house.database.query<{ last: string }>('SELECT last_event_seq AS last FROM task_counters WHERE task_id = $1', [id]);
    expect(seen.map((event) => event.id)).toEqual(Array.from({ length: Number(rows[0]!.last) }, (_, n) => n + 1));
    expect((await fetch(`${house.ada.apiUrl}/api/v1/tasks/${id}/events`, { headers: { authorization: `Bearer ${house.state.users[0]!.accessToken}`, accept: 'text/event-stream', 'last-event-id': rows[0]!.last } })).status).toBe(204);
  }, 120_000);

  it('answers a question with citations and touches nothing', async () => {
    const id = await house.handIn({ prompt: 'Where does this project begin?', mode: 'ask' });
    const task = await house.ada.until(id, ['completed', 'failed']);
    expect(task).toMatchObject({ status: 'completed', pullRequest: null });
    const { body } = await house.ada.get<{ data: { id: string; type: string }[] }>(`/tasks/${id}/results`);
    const answer = body.data.find((result) => result.type === 'answer');
    const content = await house.ada.get<string>(`/tasks/${id}/results/${answer!.id}/content`);
    expect(content.body).toMatch(/[\w./-]+:\d+/);
  }, 120_000);

  it('is cancelled within five seconds, and leaves nothing behind', async () => {
    await house.model('faults', { delayMs: 20_000, times: 1 });
    const id = await house.handIn({ prompt: 'The test suite fails: fix the bug that makes it fail.' });
    await house.ada.until(id, ['in_progress']);
    const { status } = await house.ada.send('DELETE', `/tasks/${id}`);
    expect([200, 202]).toContain(status);
    const task = await house.ada.until(id, ['cancelled'], 5_000);
    expect(task).toMatchObject({ statusReason: 'user_request', pullRequest: null });
    const { rows } = await house.database.query<{ open: string }>(`SELECT count(*) AS open FROM credit_holds WHERE task_id = $1 AND status = 'held'`, [id]);
    expect(rows[0]!.open).toBe('0');
    expect((await house.ada.send('DELETE', `/tasks/${id}`)).status).toBe(200);
    await house.model('reset');
  }, 60_000);

  it('takes the sandbox with it when it is cancelled', async () => {
    const marker = `sleep 43${process.pid}`;
    const turns = [{ calls: [{ name: 'bash', args: { command: marker, timeout: 600 } }] }];
    await house.model('script', { match: { text: 'Wait for me.' }, turns });
    const id = await house.handIn({ prompt: 'Wait for me.' });
    for (const end = Date.now() + 30_000; running(marker).length === 0 && Date.now() < end; ) await new Promise((resolve) => setTimeout(resolve, 50));
    expect(running(marker).length).toBeGreaterThan(0);
    await house.ada.send('DELETE', `/tasks/${id}`);
    await house.ada.until(id, ['cancelled'], 5_000);
    for (const end = Date.now() + 5_000; running(marker).length > 0 && Date.now() < end; ) await new Promise((resolve) => setTimeout(resolve, 50));
    expect(running(marker)).toEqual([]);
    await house.model('reset');
  }, 60_000);

  it('gives one task for one Idempotency-Key, and byte-equal answers', async () => {
    const key = { 'idempotency-key': 'same-key-1' };
    const body = { prompt: 'Where does this project begin?', mode: 'ask', repositoryId: house.state.repository.id };
    const answers = await Promise.all(Array.from({ length: 10 }, () => house.ada.send<string>('POST', '/tasks', body, key)));
    const created = answers.filter((answer) => answer.status === 201);
    expect(created.length).toBeGreaterThan(0);
    expect(answers.every((answer) => answer.status === 201 || answer.status === 409)).toBe(true);
    expect(new Set(created.map((answer) => JSON.stringify(answer.body))).size).toBe(1);
    const other = await house.ada.send('POST', '/tasks', { ...body, prompt: 'Something else' }, key);
    expect(other).toMatchObject({ status: 422, body: { code: 'idempotency_mismatch' } });
  }, 60_000);
});
