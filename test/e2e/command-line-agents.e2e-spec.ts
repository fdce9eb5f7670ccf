import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { TaskHouse } from '../support/task-house';

/** Where `npm run agents:try` put the programs; unset: this is not run, for they are large and nobody's dependency. */
const FOLDER = process.env.AGENT_PROGRAMS;
const FIX = `sed -i 's#/^-|-$/, #/^-|-$/g, #' src/slugify.js`;

/** Each program with a model of another vendor than its own: the gateway translates. Tools are named as the program offers them. */
const AGENTS = [
  { slug: 'claude-code', program: 'claude', call: { name: 'Bash', args: { command: FIX, description: 'Mend the pattern' } } },
  { slug: 'codex', program: 'codex', call: { name: 'exec_command', args: { cmd: FIX } } },
  { slug: 'gemini-cli', program: 'gemini', call: { name: 'run_shell_command', args: { command: FIX, description: 'Mend the pattern' } } },
  { slug: 'opencode', program: 'opencode', call: { name: 'bash', args: { command: FIX, description: 'Mend the pattern' } } },
] as const;

(FOLDER === undefined ? describe.skip : describe)('command-line agents of others, as real processes', () => {
  let house: TaskHouse;

  beforeAll(async () => {
    house = await TaskHouse.open({ PATH: `${FOLDER}:${process.env.PATH}` });
    // As an operator adds a model to an agent: the row of the agent that has it, under the others' names.
    await house.database.query(
      `INSERT INTO ai_models SELECT (jsonb_populate_record(m, jsonb_build_object('id', gen_random_uuid(), 'name', slug || '/claude-sonnet-5-5', 'provider', slug))).*
         FROM ai_models m, unnest($1::text[]) slug WHERE m.name = 'claude-code/claude-sonnet-5-5' ON CONFLICT (name) DO NOTHING`,
      [AGENTS.map(({ slug }) => slug)],
    );
  }, 180_000);
  afterAll(async () => {
    await house?.close();
  }, 60_000);

  it.each(AGENTS)('$slug mends a file, and every token is paid', async ({ slug, program, call }) => {
    expect(existsSync(join(FOLDER ?? '', program))).toBe(true);
    const model = `${slug}/claude-sonnet-5-5`;
    const path = `/models/${encodeURIComponent(model)}`;
    for (const end = Date.now() + 90_000; !(await house.ada.get(path)).body.available && Date.now() < end; ) await new Promise((resolve) => setTimeout(resolve, 500));
    expect((await house.ada.get(path)).body).toMatchObject({ available: true });

    const prompt = `Slugs keep a hyphen at their end. Mend that, ${program}.`;
    await house.model('script', { match: { text: prompt }, turns: [{ calls: [call] }, { text: 'Only the first hyphen was removed; now both are.' }] });
    const before = (await house.asked()).length;
    const id = await house.handIn({ prompt, model });
    const task = await house.ada.until(id, ['completed', 'failed', 'paused', 'timed_out'], 240_000);
    const logs = await house.ada.get<{ data: { message: string }[] }>(`/tasks/${id}/logs`);
    expect({ task, logs: task.status === 'completed' ? [] : logs.body.data.map(({ message }) => message) }).toMatchObject({ task: { status: 'completed', verification: { status: 'passed' }, pullRequest: { status: 'open' } }, logs: [] });
    const diff = await house.ada.get<{ patch?: string }>(`/tasks/${id}/diff`);
    expect(JSON.stringify(diff.body)).toContain('/^-|-$/g');

    const { rows } = await house.database.query<{ calls: number; tokens: string; used: string; charged: string; open: string }>(
      `SELECT count(*)::int AS calls, sum(input_tokens + output_tokens) AS tokens, sum(credits_micro) AS used, (SELECT -sum(amount_micro) FROM credit_transactions WHERE task_id = $1) AS charged,
              (SELECT count(*) FROM credit_holds WHERE task_id = $1 AND status = 'held') AS open FROM api_key_usage_logs WHERE task_id = $1`, [id],
    );
    const answered = (await house.asked<{ usage: { inputTokens: number; outputTokens: number } }>()).slice(before);
    expect(rows[0]).toMatchObject({ calls: answered.length, charged: rows[0]!.used, open: '0' });
    expect(Number(rows[0]!.tokens)).toBe(answered.reduce((sum, { usage }) => sum + usage.inputTokens + usage.outputTokens, 0));
    expect(house.running.leftOver()).toEqual([]);
    expect(execFileSync('git', ['ls-remote', house.state.repository.cloneUrl, `refs/heads/async-coder/${id}`], { encoding: 'utf8' })).not.toBe('');
  }, 300_000);
});
