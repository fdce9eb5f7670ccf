// What stands between a provider and who reads: our port beside raw undici, the vendors' SDKs and a gateway; and the way to the reader's screen.
import { existsSync } from 'node:fs';
import { inTurns } from '../lib/pairs.mjs';
import { startServer } from '../lib/proc.mjs';
import { whyNoRivals } from '../lib/rivals.mjs';
import { median } from '../lib/stats.mjs';
import { openCalls } from './calls.mjs';
import { timeFirstDelta } from './first-delta.mjs';

const PORTKEY = 'bench/node_modules/@portkey-ai/gateway/build/start-server.js';
const SHORT = 'pieces-3';
const LONG = 500;

export async function run({ plan, record, say }) {
  const server = await startServer('model', ['bench/llm/server.mjs']);
  const calls = openCalls(server.url);
  let gateway = null;
  try {
    await checkAnswers(calls, record);
    gateway = await openGateway(record, say);
    await roundTrips({ plan, record, say, calls, gateway, server });
    await streams({ plan, record, say, calls });
  } finally {
    await calls.close();
    await gateway?.stop();
    await server.stop();
  }
  if (plan.smoke) record.skip('PL4', 'not in the smoke run');
  else await timeFirstDelta({ plan, record, say });
}

async function checkAnswers({ openai, anthropic }, record) {
  for (const [wire, { hand, sdk, ours }] of Object.entries({ openai, anthropic })) {
    const [first, ...others] = await Promise.all([hand, sdk, ours].map((call) => call(`pieces-${LONG}`)));
    for (const { text } of others) if (text !== first.text || text === '') throw new Error(`the arms read different texts on the wire of ${wire}`);
    const { usage, message } = others[1];
    if (usage.inputTokens !== 100 || usage.outputTokens !== LONG) throw new Error(`usage on the wire of ${wire} is ${JSON.stringify(usage)}`);
    if (message.parts.map((part) => part.text ?? '').join('') !== first.text) throw new Error(`the message on the wire of ${wire} is not what was streamed`);
  }
  record.holds("all arms read the same text, usage is the peer's to the token, the message is the joined text");
}

async function openGateway(record, say) {
  const why = whyNoRivals() ?? (existsSync(PORTKEY) ? null : '@portkey-ai/gateway has no build');
  if (why !== null) return void record.skip('PL1', why);
  try {
    // It would listen on all interfaces.
    return await startServer('Portkey', ['--import', './bench/llm/only-here.mjs', PORTKEY, '--headless', '--port=0'], { env: { TRUSTED_CUSTOM_HOSTS: '127.0.0.1,localhost', NODE_ENV: 'production' } });
  } catch (error) {
    say(error.message);
    record.skip('PL1', `Portkey's gateway does not start here: ${error.message.split('\n')[0]}`);
  }
}

async function roundTrips({ plan, record, say, calls, gateway, server }) {
  const { hand, sdk, ours, at } = calls.openai;
  const arms = { undici: hand, again: hand, sdk, ours };
  if (gateway) {
    const through = at(gateway.url, { 'x-portkey-provider': 'openai', 'x-portkey-custom-host': `${server.url}/v1` });
    const why = await through(SHORT).then(({ text }) => (text === '' ? 'it answers nothing' : null), (error) => error.message);
    if (why === null) arms.Portkey = through;
    else record.skip('PL1', `Portkey's gateway does not pass the call on: ${why.slice(0, 200)}`);
  }
  for (const call of Object.values(arms)) for (let n = 0; n < 100; n += 1) await call(SHORT);
  const slices = await inTurns(Object.keys(arms), plan.pairs, (name) => p50(arms[name], plan.calls));
  const of = (name) => slices.get(name);
  of('ours').forEach((ms, n) => record.sample('PL2', ms - of('sdk')[n]));
  if (arms.Portkey) of('ours').forEach((ms, n) => record.sample('PL1', (ms - of('undici')[n]) / (of('Portkey')[n] - of('undici')[n])));
  record.again('undici ÷ undici, p50', ...of('again').map((ms, n) => ms / of('undici')[n]));
  for (const [name, times] of slices) record.row('Round trip of a short answer, p50 ms', { arm: name, median: median(times), least: Math.min(...times) });
  say(`round trips: ${[...slices].map(([name, times]) => `${name} ${median(times).toFixed(2)} ms`).join(', ')}`);
}

async function p50(call, count) {
  const times = [];
  for (let n = 0; n < count; n += 1) {
    const began = performance.now();
    await call(SHORT);
    times.push(performance.now() - began);
  }
  return median(times);
}

/** Events a second of CPU, the whole of this process: socket, parser, garbage. */
async function streams({ plan, record, say, calls }) {
  for (const wire of ['openai', 'anthropic']) {
    const arms = { hand: calls[wire].hand, sdk: calls[wire].sdk, ours: calls[wire].ours, again: calls[wire].hand };
    const count = Math.ceil(plan.events / LONG);
    for (const call of Object.values(arms)) await rate(call, Math.min(20, count));
    const slices = await inTurns(Object.keys(arms), plan.pairs, (name) => rate(arms[name], count));
    const of = (name) => slices.get(name);
    // The wire that costs more decides.
    if (wire === 'openai') {
      of('ours').forEach((perSecond, n) => {
        record.sample('PL3', perSecond / of('hand')[n]);
        record.sample('PL3b', perSecond / of('sdk')[n]);
      });
      record.again('hand ÷ hand, events', ...of('again').map((perSecond, n) => perSecond / of('hand')[n]));
    }
    for (const [name, values] of slices) if (name !== 'again') record.row('Streams: µs of CPU an event', { wire, arm: name, median: 1e6 / median(values), least: 1e6 / Math.max(...values) });
    say(`${wire}: ${[...slices].map(([name, values]) => `${name} ${(1e6 / median(values)).toFixed(1)} µs an event`).join(', ')}`);
  }
}

async function rate(call, count) {
  const before = process.cpuUsage();
  for (let n = 0; n < count; n += 1) await call(`pieces-${LONG}`);
  const { user, system } = process.cpuUsage(before);
  return (count * LONG * 1_000_000) / (user + system);
}
