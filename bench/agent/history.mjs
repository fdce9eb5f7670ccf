// What a call costs with a long history behind it: our provider port beside the SDK with its array of messages. The model's answer is three pieces.
import { startServer } from '../lib/proc.mjs';
import { inTurns, ratios } from '../lib/pairs.mjs';
import { require } from '../lib/services.mjs';
import { median } from '../lib/stats.mjs';

const TURNS = 150;
const OUTPUT = 'PASS src/retry.spec.ts (waits longer after each answer of 503)\n'.repeat(31);
const CALLS = 40;

export async function runHistory({ pairs, record, say }) {
  const { createProvider } = require('./dist/libs/providers/src/index.js');
  const { Secret } = require('./dist/libs/common/src/index.js');
  const { OpenAI } = require('openai');
  const server = await startServer('model', ['bench/llm/server.mjs']);
  try {
    const provider = createProvider({ apiStyle: 'openai_chat', name: 'custom', baseUrl: `${server.url}/v1`, key: new Secret('sk-bench') });
    const client = new OpenAI({ baseURL: `${server.url}/v1`, apiKey: 'sk-bench', maxRetries: 0 });
    const arms = { ours: () => ours(provider), sdk: () => sdk(client), again: () => sdk(client) };
    for (const arm of Object.values(arms)) await arm();
    const slices = await inTurns(Object.keys(arms), pairs, (name) => arms[name]());
    record.sample('PH2', ...ratios(slices.get('ours'), slices.get('sdk')));
    record.again('SDK ÷ SDK, CPU at 300 KB', ...ratios(slices.get('again'), slices.get('sdk')));
    for (const [name, all] of slices) if (name !== 'again') record.row('CPU of a call with 300 KB of history, ms', { arm: name, median: median(all), least: Math.min(...all) });
    say(`a call with 300 KB: ours ${median(slices.get('ours')).toFixed(2)} ms, the SDK ${median(slices.get('sdk')).toFixed(2)} ms of CPU`);
  } finally {
    await server.stop();
  }
}

/** Each call has one turn more than the one before, as a task's has. */
async function ours(provider) {
  const messages = [{ role: 'user', parts: [{ t: 'text', text: 'Do it.' }] }];
  for (let n = 0; n < TURNS; n += 1) messages.push(...turn(n));
  const call = (n) => messages.push(...turn(n));
  return cpuOf(async (n) => {
    call(TURNS + n);
    for await (const chunk of provider.stream({ model: 'pieces-3', capabilities: { tools: true }, system: 'You are an agent.', messages, tools: [], maxTokens: 1_000, cacheKey: 'bench' }, new AbortController().signal)) if (chunk.t === 'end') break;
  });
}

function turn(n) {
  return [{ role: 'assistant', parts: [{ t: 'call', id: `call_${n}`, name: 'bash', args: { command: 'npm test' } }] }, { role: 'tool', parts: [{ t: 'result', id: `call_${n}`, name: 'bash', text: OUTPUT, isError: false }] }];
}

async function sdk(client) {
  const messages = [{ role: 'system', content: 'You are an agent.' }, { role: 'user', content: 'Do it.' }];
  const add = (n) => messages.push({ role: 'assistant', content: null, tool_calls: [{ id: `call_${n}`, type: 'function', function: { name: 'bash', arguments: '{"command":"npm test"}' } }] }, { role: 'tool', tool_call_id: `call_${n}`, content: OUTPUT });
  for (let n = 0; n < TURNS; n += 1) add(n);
  return cpuOf(async (n) => {
    add(TURNS + n);
    const stream = await client.chat.completions.create({ model: 'pieces-3', messages, stream: true, stream_options: { include_usage: true }, max_tokens: 1_000 });
    for await (const chunk of stream) if (chunk.usage) break;
  });
}

/** Milliseconds of this process a call. */
async function cpuOf(call) {
  const before = process.cpuUsage();
  for (let n = 0; n < CALLS; n += 1) await call(n);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000 / CALLS;
}
