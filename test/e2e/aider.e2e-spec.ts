import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { TaskHouse } from '../support/task-house';

/** Outside of the repository, and kept from run to run; sandbox users must be able to enter it. */
const FOLDER = join(process.getuid?.() === 0 ? '/var/tmp/async-coder-tools' : join(homedir(), '.cache/async-coder'), 'aider');
const MODEL = 'aider/claude-sonnet-5-5';

/** By the documented command. Null: PyPI cannot be reached; anything else that goes wrong is a failure. */
function installAider(): string | null {
  const root = join(__dirname, '../..');
  const { status, stdout, stderr } = spawnSync(process.execPath, ['scripts/install-aider.mjs', FOLDER], { cwd: root, encoding: 'utf8', timeout: 600_000 });
  if (status === 0) return join(FOLDER, 'bin');
  if (status === 3) return null;
  throw new Error(`Aider could not be installed:\n${stdout}${stderr}`);
}

const bin = installAider();
if (bin === null) process.stderr.write('SKIPPED: PyPI cannot be reached, so no real Aider was run.\n');

const DEFECT = `  return slug.replace(/^-|-$/, '');`;
const FIX = `src/slugify.js\n\`\`\`javascript\n<<<<<<< SEARCH\n${DEFECT}\n=======\n  return slug.replace(/^-|-$/g, '');\n>>>>>>> REPLACE\n\`\`\`\n`;

(bin === null ? describe.skip : describe)('a real Aider', () => {
  let house: TaskHouse;

  beforeAll(async () => {
    house = await TaskHouse.open({ PATH: `${bin}:${process.env.PATH}` });
  }, 180_000);
  afterAll(async () => {
    await house?.close();
  }, 60_000);

  const asked = () => house.asked<{ status: number; usage: Record<string, number>; body: unknown; key: string }>();
  const row = async (sql: string, id: string): Promise<Record<string, unknown>> => (await house.database.query<Record<string, unknown>>(sql, [id])).rows[0] ?? {};

  it('is offered once a worker has found it, and tells its version', async () => {
    const path = `/models/${encodeURIComponent(MODEL)}`;
    for (const end = Date.now() + 60_000; !(await house.ada.get(path)).body.available && Date.now() < end; ) await new Promise((resolve) => setTimeout(resolve, 200));
    expect((await house.ada.get(path)).body).toMatchObject({ provider: 'aider', available: true, unavailableReason: null, pricing: { input: '2', output: '10' } });
    expect((await house.ada.post('/models/test', { model: MODEL })).body).toMatchObject({ ok: true, provider: 'aider', requestId: '0.86.2', usage: null, error: null });
    for (const missing of ['codex/gpt-6.1-terra', 'claude-code/claude-sonnet-5-5']) {
      expect((await house.ada.get(`/models/${encodeURIComponent(missing)}`)).body).toMatchObject({ available: false, unavailableReason: 'not_installed' });
      expect(await house.ada.post('/tasks', { prompt: 'Do it.', repositoryId: house.state.repository.id, model: missing })).toMatchObject({ status: 422, body: { code: 'model_unavailable' } });
    }
  }, 90_000);

  it('mends a file through the platform: its diff is checked and published, and every token is paid', async () => {
    const prompt = 'Slugs keep a hyphen at their end. Mend that.';
    await house.model('script', { match: { text: prompt }, by: 'calls', turns: [{ text: 'The fault is in src/slugify.js. Please add it to the chat.' }, { text: `Only the first hyphen was removed; now both are.\n\n${FIX}` }] });
    const id = await house.handIn({ prompt, model: MODEL });
    const task = await house.ada.until(id, ['completed', 'failed', 'paused', 'timed_out'], 150_000);
    expect(task).toMatchObject({ status: 'completed', verification: { status: 'passed' }, pullRequest: { status: 'open' } });

    const folder = mkdtempSync(join(tmpdir(), 'aider-clone-'));
    try {
      execFileSync('git', ['clone', '--quiet', '--branch', `async-coder/${id}`, house.state.repository.cloneUrl, folder]);
      expect(execFileSync('git', ['diff', '--name-only', 'HEAD~1'], { cwd: folder, encoding: 'utf8' })).toBe('src/slugify.js\n');
      expect(readFileSync(join(folder, 'src/slugify.js'), 'utf8')).toContain('/^-|-$/g');
      expect(readdirSync(folder).filter((name) => name.startsWith('.aider'))).toEqual([]);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }

    const answered = await asked();
    const { rows: usage } = await house.database.query<Record<string, number>>(
      `SELECT input_tokens::int AS "inputTokens", cache_read_tokens::int AS "cacheReadTokens", cache_write_short_tokens::int AS "cacheWriteShortTokens",
              cache_write_long_tokens::int AS "cacheWriteLongTokens", output_tokens::int AS "outputTokens" FROM api_key_usage_logs WHERE task_id = $1 ORDER BY call_seq`,
      [id],
    );
    expect(answered).toHaveLength(2);
    expect(answered.map((request) => request.usage)).toMatchObject(usage);
    expect(await row(`SELECT m.name, a.name AS agent FROM api_key_usage_logs u JOIN ai_models m ON m.id = u.model_id JOIN tasks t ON t.id = u.task_id JOIN ai_models a ON a.id = t.ai_model_id WHERE u.task_id = $1`, id)).toEqual({ name: 'claude-sonnet-5-5', agent: MODEL });
    const money = await row(
      `SELECT (SELECT sum(credits_micro) FROM api_key_usage_logs WHERE task_id = $1) AS used, (SELECT -sum(amount_micro) FROM credit_transactions WHERE task_id = $1) AS charged,
              (SELECT count(*) FROM credit_holds WHERE task_id = $1 AND status = 'held') AS open`, id,
    );
    expect(Number(money.used)).toBeGreaterThan(0);
    expect(money).toMatchObject({ charged: money.used, open: '0' });
    // Its environment holds the token of one turn, and nothing of ours.
    expect(JSON.stringify(answered.map(({ body }) => body))).not.toMatch(/sk-ant-|OPENAI_API_KEY|gateway/);
    expect(house.running.leftOver()).toEqual([]);
  }, 180_000);

  it('answers a question with citations that are checked, in files that it cannot change', async () => {
    const prompt = 'Where are accents dropped?';
    await house.model('script', { match: { text: prompt }, by: 'calls', turns: [{ text: 'They are dropped in `src/slugify.js:1200`.' }, { text: 'They are dropped where `ACCENTS` is used: `src/slugify.js:11`.' }] });
    const id = await house.handIn({ prompt, model: MODEL, mode: 'ask' });
    expect(await house.ada.until(id, ['completed', 'failed', 'paused'], 120_000)).toMatchObject({ status: 'completed', pullRequest: null });
    const { body } = await house.ada.get<{ data: { id: string; type: string }[] }>(`/tasks/${id}/results`);
    const answer = await house.ada.get<string>(`/tasks/${id}/results/${body.data.find(({ type }) => type === 'answer')!.id}/content`);
    expect(answer.body).toContain('src/slugify.js:11');
    expect(answer.body).not.toContain(':1200');
  }, 150_000);

  it('pauses when its budget is used up, with its work kept', async () => {
    const prompt = 'Slugs keep a hyphen at their end. Mend that, cheaply.';
    await house.model('script', { match: { text: prompt }, by: 'calls', turns: [{ text: 'The fault is in src/slugify.js. Please add it to the chat.' }, { text: FIX }] });
    const id = await house.handIn({ prompt, model: MODEL, maxCredits: 0.01 });
    expect(await house.ada.until(id, ['paused', 'completed', 'failed'], 120_000)).toMatchObject({ status: 'paused', statusReason: 'budget_exhausted' });
    expect(await row(`SELECT count(*)::int AS open FROM credit_holds WHERE task_id = $1 AND status = 'held'`, id)).toEqual({ open: 0 });
  }, 150_000);

  it('is gone within seconds when its task is cancelled', async () => {
    const prompt = 'Slugs keep a hyphen at their end. Mend that, slowly.';
    await house.model('faults', { match: { text: prompt }, delayMs: 60_000, times: 5 });
    const before = (await asked()).length;
    const id = await house.handIn({ prompt, model: MODEL });
    for (const end = Date.now() + 60_000; (await asked()).length === before && Date.now() < end; ) await new Promise((resolve) => setTimeout(resolve, 100));
    await house.ada.send('DELETE', `/tasks/${id}`);
    await house.ada.until(id, ['cancelled'], 10_000);
    for (const end = Date.now() + 10_000; house.running.leftOver().length > 0 && Date.now() < end; ) await new Promise((resolve) => setTimeout(resolve, 100));
    expect(house.running.leftOver()).toEqual([]);
    await house.model('reset', {});
  }, 120_000);
});
