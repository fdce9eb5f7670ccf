import { ModelError, textOf } from '@app/providers';
import type { AgentOutcome } from '../journal';
import { SUMMARY_SYSTEM, summaryRequest } from '../prompts/summary';
import { tailOf } from '../text/shorten';
import { blankable, cutBefore } from './compacted-turns';
import { tokensOf } from './conversation';
import { pausedBy, type CallResult, type ModelCaller } from './model-caller';
import type { Recorder } from './recorder';
import type { RunState } from './state';
import type { Turn } from './turn';

/** Share of the window at which a history is made shorter. */
const TRIGGER_SHARE = 0.8;
const PRUNE = { keepTokens: 40_000, leastFreed: 20_000 };
const SUMMARY_KEEPS_TOKENS = 20_000;
const SUMMARY_MAX_TOKENS = 4_000;
const OUTPUT_IN_SUMMARY = 800;
const CHANGING = new Set(['edit', 'write', 'apply_patch']);

/** Whether a call of that size comes too near to the end of the window. */
export function needsCompaction(promptTokens: number, maxTokens: number, contextWindow: number): boolean {
  return promptTokens + maxTokens > contextWindow * TRIGGER_SHARE;
}

/** Up to where outputs of tools can be left out, if that frees enough; null: it does not. */
export function planPruning(turns: readonly Turn[], limits = PRUNE): number | null {
  const cut = indexOfTail(turns, limits.keepTokens);
  const freed = turns.slice(0, cut).reduce((sum, turn) => sum + blankable(turn.message) / 3, 0);
  return freed >= limits.leastFreed ? (turns[cut - 1]?.seq ?? null) : null;
}

/** Up to where a history can be summarised, at a turn's boundary; null: there is nothing to gain. */
export function planSummary(turns: readonly Turn[], keepTokens: number): number | null {
  const upToSeq = turns[indexOfTail(turns, keepTokens) - 1]?.seq;
  if (upToSeq === undefined) return null;
  return turns.slice(0, cutBefore(turns, upToSeq)).filter((turn) => turn.message.role === 'assistant').length >= 2 ? upToSeq : null;
}

/** Makes the history shorter: outputs first, then a summary by a small model or the model itself, then one by rule. */
export class Compactor {
  constructor(
    private readonly recorder: Recorder,
    private readonly caller: ModelCaller,
    private readonly small: ModelCaller | null,
    private readonly cacheKey: string,
  ) {}

  /** Whether the history got shorter; or the end of the run, when there is no money for the summary. `mayPrune`: leaving out outputs is tried first. */
  async compact(mayPrune: boolean): Promise<boolean | AgentOutcome> {
    await this.recorder.reload();
    const { turns } = this.recorder.state;
    const pruned = mayPrune ? planPruning(turns) : null;
    if (pruned !== null) {
      await this.recorder.compacted(pruned, '');
      return true;
    }
    const upToSeq = planSummary(turns, Math.min(SUMMARY_KEEPS_TOKENS, Math.floor(this.caller.model.contextWindow / 5)));
    return upToSeq === null ? false : this.#summarise(upToSeq);
  }

  async #summarise(upToSeq: number): Promise<boolean | AgentOutcome> {
    const { state } = this.recorder;
    const turns = state.turns.slice(0, cutBefore(state.turns, upToSeq));
    const bySmall = this.small === null ? null : await this.#bySmall(turns, this.small);
    const result = bySmall ?? (await this.#by(this.caller, turns));
    if (result.t === 'denied') return this.recorder.finish(pausedBy(result));
    const written = writtenBy(result);
    await this.recorder.compacted(upToSeq, written === '' ? summaryByRule(state) : written);
    return true;
  }

  /** Null: it could not, for whatever reason; the model itself is there. */
  async #bySmall(turns: readonly Turn[], small: ModelCaller): Promise<CallResult | null> {
    try {
      const result = await this.#by(small, turns);
      return result.t === 'denied' || writtenBy(result) !== '' ? result : null;
    } catch (error) {
      if (error instanceof ModelError) return null;
      throw error;
    }
  }

  #by(caller: ModelCaller, turns: readonly Turn[]): Promise<CallResult> {
    const { model, capabilities, contextWindow, maxOutputTokens } = caller.model;
    const prompt = summaryRequest(historyText(turns, Math.floor(contextWindow * 1.2)));
    return caller.call({
      step: 0, promptTokens: Math.ceil(((prompt.length + SUMMARY_SYSTEM.length) / 3) * 1.1), maxTokens: Math.min(SUMMARY_MAX_TOKENS, maxOutputTokens),
      request: (granted) => ({
        model, capabilities, system: SUMMARY_SYSTEM, tools: [], maxTokens: granted, effort: 'low', cacheKey: `${this.cacheKey}-summary`,
        messages: [{ role: 'user', parts: [{ t: 'text', text: prompt }] }],
      }),
    });
  }
}

function writtenBy(result: CallResult): string {
  return result.t === 'end' ? textOf(result.end.message).trim() : '';
}

/** Index of the first of the last turns that have so many tokens together. */
function indexOfTail(turns: readonly Turn[], tokens: number): number {
  let sum = 0;
  for (let n = turns.length - 1; n >= 0; n--) {
    const turn = turns[n];
    sum += turn === undefined ? 0 : tokensOf(turn.message);
    if (sum > tokens) return n + 1;
  }
  return 0;
}

function historyText(turns: readonly Turn[], characters: number): string {
  const text = turns.map(({ message }) => message.parts.map((part) => {
    if (part.t === 'think') return '';
    if (part.t === 'text') return `[${message.role}] ${part.text}`;
    if (part.t === 'call') return `[call ${part.name}] ${(JSON.stringify(part.args) ?? '').slice(0, OUTPUT_IN_SUMMARY)}`;
    return `[result of ${part.name}${part.isError ? ', an error' : ''}] ${part.text.slice(0, OUTPUT_IN_SUMMARY)}`;
  }).filter((line) => line !== '').join('\n')).join('\n');
  return tailOf(text, characters);
}

/** When the model cannot write one: what can be said for certain. */
function summaryByRule({ todo, results }: RunState): string {
  const changed = new Set(results.filter(({ name, isError }) => !isError && CHANGING.has(name)).flatMap(({ name, text }) => (name === 'apply_patch' ? text.split('\n') : [text]).map((line) => line.split(' ', 1)[0] ?? '')));
  const commands = results.filter(({ name }) => name === 'bash').slice(-10).map(({ args, text }) => `- ${JSON.stringify(args).slice(0, 300)}: ${text.split('\n', 1)[0] ?? ''}`);
  const list = (title: string, lines: readonly string[]): string => `## ${title}\n${lines.length === 0 ? '-' : lines.join('\n')}`;
  return [
    list('Done', todo.map((item) => `- [${item.state}] ${item.text}`)),
    list('Files', [...changed].map((path) => `- ${path} was changed`)),
    list('State', commands),
    list('Next', ['- Look at the task and at git diff, then go on.']),
  ].join('\n\n');
}
