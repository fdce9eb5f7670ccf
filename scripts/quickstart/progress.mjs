import { bold, cyan, dim, green, red, seconds, yellow } from '../lib/say.mjs';

const began = Date.now();

export function heading(text) {
  process.stdout.write(`\n${bold(text)}\n`);
}

/** Runs a step and says how long it took. */
export async function step(name, work) {
  const start = Date.now();
  if (process.stdout.isTTY) process.stdout.write(`  ${dim('…')} ${name}`);
  const result = await work();
  process.stdout.write(`${process.stdout.isTTY ? '\r\u001b[K' : ''}  ${green('✓')} ${name} ${dim(seconds(Date.now() - start))}\n`);
  return result;
}

function line(mark, text) {
  const at = seconds(Date.now() - began).padStart(8);
  process.stdout.write(`${dim(at)}  ${mark} ${text}\n`);
}

/** Prints each event of a task as a person would tell it, and keeps the sums. */
export class TaskProgress {
  tokens = 0;
  credits = 0;
  calls = 0;

  show({ event, data }) {
    const print = { status: this.#status, message: this.#message, tool_result: this.#tool, pull_request: this.#pullRequest, log: this.#log, done: this.#done }[event];
    print?.call(this, data);
  }

  #status(data) {
    const mark = data.to === 'failed' ? red('●') : cyan('●');
    line(mark, `${bold(data.to.replaceAll('_', ' '))}${data.reason ? dim(` (${data.reason})`) : ''}`);
  }

  #message(data) {
    if (data.role !== 'assistant') return;
    this.calls += 1;
    this.credits += data.credits ?? 0;
    for (const part of data.parts) {
      if (part.type === 'text' && part.text.trim()) line(dim('│'), short(part.text, 140));
      if (part.type === 'tool_call') line(yellow('→'), `${part.name} ${dim(short(describe(part.arguments ?? part.args), 110))}`);
    }
    const used = data.usage ?? {};
    const parts = [used.inputTokens, used.cacheReadTokens, used.cacheWriteShortTokens, used.cacheWriteLongTokens, used.outputTokens];
    this.tokens += parts.reduce((sum, part) => sum + (part ?? 0), 0);
    line(dim('│'), dim(`${this.tokens.toLocaleString('en')} tokens, ${this.credits.toFixed(3)} credits so far`));
  }

  #tool(data) {
    const mark = data.isError ? red('←') : green('←');
    line(mark, dim(`${data.name} ${data.isError ? 'failed' : 'ok'} in ${data.durationMs} ms: ${short(data.text, 90)}`));
  }

  #pullRequest(data) {
    line(green('★'), `pull request #${data.number} ${data.url}`);
  }

  #log(data) {
    if (data.kind === 'verify') line(data.status === 'failed' ? yellow('◆') : green('◆'), `checks on ${data.phase}: ${data.status}${data.text ? dim(` ${short(data.text, 100)}`) : ''}`);
    if (data.kind === 'workspace.ready') line(dim('◆'), dim(`workspace ready at ${String(data.baseSha).slice(0, 10)}`));
    if (data.kind === 'model.failed') line(red('◆'), dim(short(data.text ?? 'a model call failed', 120)));
  }

  #done(data) {
    line(data.status === 'completed' ? green('■') : red('■'), bold(data.status) + (data.statusReason ? ` (${data.statusReason})` : ''));
  }
}

function describe(input) {
  if (input === null || typeof input !== 'object') return String(input ?? '');
  return input.path ?? input.command ?? input.pattern ?? input.title ?? input.question ?? (Array.isArray(input.items) ? input.items.map((item) => item.text).join(' · ') : JSON.stringify(input));
}

function short(text, length) {
  const flat = String(text).replace(/\s+/g, ' ').trim();
  return flat.length > length ? `${flat.slice(0, length - 1)}…` : flat;
}
