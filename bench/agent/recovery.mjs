// A worker takes over a task of 1,000 events: load them, fold them, know what was open.
import { require, Services } from '../lib/services.mjs';
import { openProduct } from '../events/product.mjs';
import { fill } from '../api/seed.mjs';
import { median } from '../lib/stats.mjs';

const EVENTS = 1_000;

export async function runRecovery({ pairs, record, say }) {
  const services = await Services.open({ redis: true, fill });
  try {
    const product = await openProduct(services);
    const { entriesOf } = require('./dist/apps/worker/src/attempts/journal/journal-rows.js');
    const { foldJournal } = require('./dist/libs/agent/src/index.js');
    const { rows: [{ id }] } = await services.admin.query(`SELECT id FROM tasks ORDER BY id LIMIT 1`);
    await services.admin.query('DELETE FROM task_events WHERE task_id = $1', [id]);
    await product.record(id, history());
    const times = [];
    for (let n = 0; n < pairs * 5 + 3; n += 1) {
      const began = performance.now();
      const state = foldJournal(entriesOf(await product.resume(id)));
      if (n >= 3) times.push(performance.now() - began);
      if (state.turns.length < EVENTS / 4) throw new Error(`of ${EVENTS} events ${state.turns.length} turns were folded`);
    }
    record.sample('PH5', ...times);
    say(`recovery of ${EVENTS} events: ${median(times).toFixed(1)} ms`);
  } finally {
    await services.close();
  }
}

/** Calls of a model and the results of what it wanted, as a long task leaves them. */
function history() {
  const usage = { inputTokens: 1_000, cacheReadTokens: 9_000, cacheWriteShortTokens: 0, cacheWriteLongTokens: 0, outputTokens: 200, reasoningTokens: 0 };
  const rows = [];
  for (let n = 1; rows.length + 4 <= EVENTS; n += 1) {
    const call = { t: 'call', id: `call_${n}`, name: 'bash', args: { command: 'npm test' } };
    rows.push({ type: 'model.requested', data: { callSeq: n, step: n, model: 'bench-model', maxTokens: 1_000, promptTokens: 10_000, heldCreditsMicros: 1 }, internal: { messageIds: [] } });
    rows.push({ type: 'model.completed', data: { callSeq: n, step: n, role: 'assistant', parts: [], model: 'bench-model', stop: 'tool', usage, priceId: null, credits: 1, creditsMicros: 1_000_000, costUsd: '0.001' }, internal: { message: { role: 'assistant', parts: [call] }, stop: 'tool', usage } });
    rows.push({ type: 'tool.result', data: { callId: call.id, name: 'bash', isError: false, durationMs: 120, text: 'PASS '.repeat(200) }, internal: { args: call.args } });
    rows.push({ type: 'checkpoint', data: { step: n, commit: 'c'.repeat(40), tree: 't'.repeat(40) }, internal: { todo: null } });
  }
  return rows;
}
