import { TaskHouse } from '../support/task-house';

const PROMPT = 'The test suite fails: fix the bug that makes it fail. Change the source, not the test.';

/** People answer, interrupt and ask for more, while both processes work on their task. */
describe('a conversation with a task', () => {
  let house: TaskHouse;

  beforeAll(async () => {
    house = await TaskHouse.open();
  }, 180_000);

  afterAll(async () => {
    await house?.close();
  }, 60_000);

  beforeEach(() => house.model('reset'));

  async function changedFiles(id: string): Promise<string[]> {
    const { body } = await house.ada.get<{ data: { path: string }[] }>(`/tasks/${id}/diff?format=json`);
    return body.data.map(({ path }) => path).sort();
  }

  /** Every row of the history once and in order; every call charged once, nothing held. */
  async function expectExact(id: string): Promise<void> {
    const seen = (await house.ada.stream(id, 0)).flatMap((event) => (event.id === null ? [] : [event.id]));
    const { rows } = await house.database.query<Record<string, string>>(
      `SELECT (SELECT last_event_seq FROM task_counters WHERE task_id = $1) AS last,
              (SELECT sum(credits_micro) FROM api_key_usage_logs WHERE task_id = $1) AS used,
              (SELECT -sum(amount_micro) FROM credit_transactions WHERE task_id = $1) AS charged,
              (SELECT credits_used_micro FROM task_counters WHERE task_id = $1) AS counted,
              (SELECT credits_held_micro FROM task_counters WHERE task_id = $1) AS held,
              (SELECT count(*) FROM credit_holds WHERE task_id = $1 AND status = 'held') AS open_holds,
              (SELECT count(*) FROM task_messages WHERE task_id = $1 AND delivered_at IS NULL) AS undelivered`,
      [id],
    );
    expect(seen).toEqual(Array.from({ length: Number(rows[0]!.last) }, (_, n) => n + 1));
    expect(Number(rows[0]!.used)).toBeGreaterThan(0);
    expect(rows[0]).toMatchObject({ charged: rows[0]!.used, counted: rows[0]!.used, held: '0', open_holds: '0', undelivered: '0' });
  }

  it('waits for the answer to a question, and goes on with it to the pull request', async () => {
    await house.model('script', { match: { text: 'QUESTION-1', turn: 0 }, turns: [{ text: 'One thing first.', calls: [{ name: 'ask_user', args: { question: 'May I change src?' } }] }] });
    const id = await house.handIn({ prompt: `${PROMPT} QUESTION-1` });
    expect(await house.ada.until(id, ['waiting_for_user', 'completed', 'failed'])).toMatchObject({ status: 'waiting_for_user', statusReason: 'question', pullRequest: null });
    expect((await house.ada.post(`/tasks/${id}/resume`, {})).status).toBe(409);
    const answers = await Promise.all(['Yes, change src.', 'And keep it small.'].map((content) => house.ada.post(`/tasks/${id}/messages`, { content })));
    expect(answers.map(({ status }) => status)).toEqual([202, 202]);
    const task = await house.ada.until(id, ['completed', 'failed']);
    expect(task).toMatchObject({ status: 'completed', attemptCount: 2, verification: { status: 'passed' }, pullRequest: { status: 'open' } });
    const { body } = await house.ada.get<{ data: { role: string; content: string; deliveredAt: string | null }[] }>(`/tasks/${id}/messages`);
    expect(body.data.map(({ content, deliveredAt }) => [content, deliveredAt !== null])).toEqual(expect.arrayContaining([['Yes, change src.', true], ['And keep it small.', true]]));
    const last = (await house.prompts('QUESTION-1')).at(-1)!;
    for (const text of ['May I change src?', 'Yes, change src.', 'And keep it small.']) expect(last.split(text)).toHaveLength(2);
    await expectExact(id);
  }, 120_000);

  it('is heard by a running task with its next call', async () => {
    await house.model('faults', { match: { text: 'HEAR-4', turn: 1 }, delayMs: 2_000 });
    const id = await house.handIn({ prompt: `${PROMPT} HEAR-4` });
    await house.ada.stream(id, 0, (events) => events.filter(({ data }) => data.kind === 'model.requested').length >= 2);
    expect(await house.ada.post(`/tasks/${id}/messages`, { content: 'Mind the signs.' })).toMatchObject({ status: 202, body: { deliveredAt: null } });
    expect(await house.ada.until(id, ['completed', 'failed'])).toMatchObject({ status: 'completed', attemptCount: 1 });
    const sent = await house.prompts('HEAR-4');
    expect(sent.map((prompt) => prompt.split('Mind the signs.').length - 1)).toEqual([0, 0, ...sent.slice(2).map(() => 1)]);
    await expectExact(id);
  }, 120_000);

  it('pauses a running task within seconds, and goes on where it was', async () => {
    await house.model('faults', { match: { text: 'PAUSE-2', turn: 2 }, delayMs: 20_000 });
    const id = await house.handIn({ prompt: `${PROMPT} PAUSE-2` });
    await house.ada.stream(id, 0, (events) => events.filter(({ data }) => data.kind === 'model.requested').length >= 3);
    expect(await house.ada.post(`/tasks/${id}/pause`)).toMatchObject({ status: 202 });
    const paused = await house.ada.until(id, ['paused', 'completed', 'failed'], 15_000);
    expect(paused).toMatchObject({ status: 'paused', statusReason: 'user_request', pauseRequestedAt: null, credits: { held: 0 }, pullRequest: null });
    const calls = (paused.usage as { modelCalls: number }).modelCalls;
    const resumed = await house.ada.post(`/tasks/${id}/resume`, { maxCredits: 500 });
    expect(resumed).toMatchObject({ status: 202, body: { maxCredits: 500 } });
    const task = await house.ada.until(id, ['completed', 'failed']);
    expect(task).toMatchObject({ status: 'completed', attemptCount: 2, pullRequest: { status: 'open' } });
    expect((task.usage as { modelCalls: number }).modelCalls).toBeGreaterThan(calls);
    // It did not begin anew: each answered call was paid for once, and the first is in the prompt of the last.
    const steps = await house.database.query<{ step: number }>(`SELECT (data ->> 'step')::int AS step FROM task_events WHERE task_id = $1 AND type = 'checkpoint' ORDER BY seq`, [id]);
    expect(steps.rows.map(({ step }) => step)).toEqual(steps.rows.map((_, n) => n + 1));
    await expectExact(id);
  }, 120_000);

  it('pauses under a budget without room, with its work kept, and ends it once there is room', async () => {
    await house.model('faults', { match: { text: 'BUDGET-9', turn: 2 }, delayMs: 4_000 });
    const id = await house.handIn({ prompt: `${PROMPT} BUDGET-9` });
    await house.ada.stream(id, 0, (events) => events.filter(({ data }) => data.kind === 'model.requested').length >= 3);
    // The call that runs is not stopped; the next one finds no room.
    const budget = await house.ada.post('/budgets', { scope: 'organization', measure: 'credits', period: 'month', limit: 0.000001 });
    expect(budget.status).toBe(201);
    const paused = await house.ada.until(id, ['paused', 'completed', 'failed']);
    expect(paused).toMatchObject({ status: 'paused', statusReason: 'budget_exhausted', credits: { held: 0 }, pullRequest: null });
    const calls = (paused.usage as { modelCalls: number }).modelCalls;
    expect(calls).toBe(3);
    expect((await house.ada.send('DELETE', `/budgets/${String(budget.body.id)}`, undefined, { 'if-match': '*' })).status).toBe(204);
    expect((await house.ada.post(`/tasks/${id}/resume`, {})).status).toBe(202);
    const task = await house.ada.until(id, ['completed', 'failed']);
    expect(task).toMatchObject({ status: 'completed', attemptCount: 2, pullRequest: { status: 'open' } });
    const steps = await house.database.query<{ step: number }>(`SELECT (data ->> 'step')::int AS step FROM task_events WHERE task_id = $1 AND type = 'checkpoint' ORDER BY seq`, [id]);
    expect(steps.rows.map(({ step }) => step)).toEqual(steps.rows.map((_, n) => n + 1));
    await expectExact(id);
  }, 120_000);

  it('takes an ended task up again, on the same branch and pull request', async () => {
    const id = await house.handIn({ prompt: `${PROMPT} FOLLOW-3` });
    const first = await house.ada.until(id, ['completed', 'failed']);
    expect(first).toMatchObject({ status: 'completed' });
    const firstHead = house.remoteHead(id);
    const firstFiles = await changedFiles(id);
    await house.model('script', {
      match: { text: 'leave a note' },
      by: 'calls',
      turns: [
        { calls: [{ name: 'write', args: { path: 'NOTE.md', content: 'A note.\n' } }] },
        { calls: [{ name: 'submit', args: { title: 'Leave a note', summary: 'Added a note.', testing: 'None needed.', risks: 'None.' } }] },
      ],
    });
    const { status } = await house.ada.post(`/tasks/${id}/messages`, { content: 'Now also leave a note about the project.' });
    expect(status).toBe(202);
    const second = await house.ada.until(id, ['completed', 'failed']);
    expect(second).toMatchObject({ status: 'completed', attemptCount: 2, attempt: { number: 2 } });
    expect(second.pullRequest).toEqual(first.pullRequest);
    const head = house.remoteHead(id);
    expect(head).toMatch(/^[0-9a-f]{40}$/);
    expect(head).not.toBe(firstHead);
    const { rows } = await house.database.query<{ head_sha: string; status: string }>('SELECT head_sha, status FROM pull_requests WHERE task_id = $1', [id]);
    expect(rows).toEqual([{ head_sha: head, status: 'open' }]);
    // The work of before is still in it.
    expect(firstFiles).toHaveLength(1);
    expect(await changedFiles(id)).toEqual(['NOTE.md', ...firstFiles]);
    expect((await house.prompts('FOLLOW-3')).at(-1)).toContain('Now also leave a note about the project.');
    await expectExact(id);
  }, 120_000);
});
