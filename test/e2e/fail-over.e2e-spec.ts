import { startLlmPeer, type LlmPeer } from '../support/llm-peer';
import { TaskHouse } from '../support/task-house';

const ASKED_FOR = 'claude-sonnet-5-5';

interface Attempt {
  readonly model: { readonly name: string };
  readonly routing: { readonly requested: string; readonly chain: string[]; readonly ranked: { readonly model: string; readonly reasons: string[] }[]; readonly excluded: { readonly model: string; readonly reason: string }[] };
}

/** A vendor that answers 529 in mid-task: the other vendor's model goes on, through both processes and both SDKs. */
describe('a vendor that goes down in mid-task', () => {
  let anthropic: LlmPeer;
  let google: LlmPeer;
  let house: TaskHouse;

  beforeAll(async () => {
    [anthropic, google] = await Promise.all([startLlmPeer(), startLlmPeer()]);
    const keys = { ANTHROPIC_API_KEY: `sk-ant-api03-${'p'.repeat(24)}`, ANTHROPIC_BASE_URL: anthropic.url, GEMINI_API_KEY: `AIza${'p'.repeat(35)}`, GOOGLE_GEMINI_BASE_URL: google.url };
    house = await TaskHouse.open(keys);
  }, 180_000);

  afterAll(async () => {
    await house?.close();
    await Promise.all([anthropic?.stop(), google?.stop()]);
  }, 60_000);

  it('is stood in for by another one, each call is priced as what it is, and the change is made', async () => {
    anthropic.fault({ status: 529, match: { turn: 2 }, times: 100 });
    const id = await house.handIn({ prompt: 'The test suite fails: fix the bug that makes it fail. Change the source, not the test.', model: ASKED_FOR });
    const task = await house.ada.until(id, ['completed', 'failed'], 90_000);
    expect(task).toMatchObject({ status: 'completed', verification: { status: 'passed' }, pullRequest: { status: 'open' } });

    const { body: attempts } = await house.ada.get<{ data: Attempt[] }>(`/tasks/${id}/attempts`);
    const [attempt] = attempts.data;
    expect(attempts.data).toHaveLength(1);
    expect(attempt).toMatchObject({ model: { name: ASKED_FOR }, routing: { requested: ASKED_FOR, fallback: true } });
    expect(attempt?.routing.ranked[0]).toMatchObject({ model: ASKED_FOR, reasons: expect.arrayContaining(['asked for by name']) as string[] });
    expect(attempt?.routing.excluded).toEqual(expect.arrayContaining([{ model: 'gpt-6.1-terra', reason: 'no_key' }]));
    const standIn = attempt?.routing.chain[0];
    expect(standIn).toMatch(/^gemini-/);

    const { rows: calls } = await house.database.query<{ model: string; provider: string; outcome: string; priced: boolean; credits: string; cost: string }>(
      `SELECT m.name AS model, l.provider, l.outcome, p.model_id = l.model_id AS priced, l.credits_micro AS credits, l.cost_nusd AS cost
         FROM api_key_usage_logs l JOIN ai_models m ON m.id = l.model_id LEFT JOIN ai_model_prices p ON p.id = l.price_id WHERE l.task_id = $1 ORDER BY l.call_seq`, [id]);
    const [answered, failed] = [calls.filter(({ outcome }) => outcome === 'ok'), calls.filter(({ outcome }) => outcome !== 'ok')];
    expect(failed.map(({ provider, outcome, cost }) => [provider, outcome, cost])).toEqual(failed.map(() => ['anthropic', 'overloaded', '0']));
    expect(failed.length).toBeGreaterThanOrEqual(5);
    expect(answered.map(({ model }) => model)).toEqual([ASKED_FOR, ASKED_FOR, ...answered.slice(2).map(() => standIn)]);
    expect(answered.length).toBeGreaterThan(3);
    for (const call of answered) expect([call.priced, Number(call.cost) > 0, Number(call.credits)]).toEqual([true, true, Math.ceil(Number(call.cost) / 10)]);

    await expectExactAccounts(id, answered.map(({ model }) => model));
    // A peer answers 400 to what its vendor would refuse.
    expect(google.requests().filter(({ status: answer }) => answer !== 200)).toEqual([]);
    expect(new Set(anthropic.requests().map(({ status: answer }) => answer))).toEqual(new Set([200, 529]));
  }, 150_000);

  /** Ledger, counters and usage rows say the same, and the same as `GET /tasks/{id}/usage`. */
  async function expectExactAccounts(id: string, models: readonly string[]): Promise<void> {
    const { rows } = await house.database.query<Record<string, string>>(
      `SELECT (SELECT sum(credits_micro) FROM api_key_usage_logs WHERE task_id = $1) AS used, (SELECT -sum(amount_micro) FROM credit_transactions WHERE task_id = $1) AS charged,
              (SELECT credits_used_micro FROM task_counters WHERE task_id = $1) AS counted, (SELECT count(*) FROM credit_holds WHERE task_id = $1 AND status = 'held') AS open`, [id]);
    expect(rows[0]).toMatchObject({ charged: rows[0]!.used, counted: rows[0]!.used, open: '0' });
    const { body } = await house.ada.get<{ totals: { creditsMicros: number }; calls: { model: string; outcome: string }[] }>(`/tasks/${id}/usage`);
    expect(body.totals.creditsMicros).toBe(Number(rows[0]!.used));
    expect(body.calls.filter(({ outcome }) => outcome === 'ok').map(({ model }) => model)).toEqual(models);
  }
});
