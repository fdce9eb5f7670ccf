import { ModelError } from '../model-error';
import type { CallPart, ModelMessage, Part } from '../message';
import { ModelProvider, type ModelChunk, type ModelEnd, type ModelRequest, type StopReason } from '../model-provider';
import { estimateTokens, type Usage } from '../usage';

/** What the model says next. An error is thrown instead. `usage` fills in what is not counted from the text. */
export interface ScriptedTurn {
  readonly text?: string;
  readonly thinking?: string;
  readonly calls?: readonly { readonly name: string; readonly args: unknown; readonly id?: string; readonly argsError?: string }[];
  readonly stop?: StopReason;
  readonly usage?: Partial<Usage>;
  readonly error?: ModelError;
}

/** The turns in order, or a function of what was asked. */
export type Script = readonly ScriptedTurn[] | ((request: ModelRequest, call: number) => ScriptedTurn | Promise<ScriptedTurn>);

/** A model that follows a script in the same process; it counts tokens by the text, so usage is never 0. */
export class ScriptedProvider extends ModelProvider {
  /** Every request, oldest first. */
  readonly requests: ModelRequest[] = [];

  constructor(
    private readonly script: Script,
    readonly name = 'scripted',
  ) {
    super();
  }

  async *stream(request: ModelRequest, signal: AbortSignal): AsyncIterable<ModelChunk> {
    if (signal.aborted) throw new ModelError('aborted', 'stopped', { provider: this.name, cause: signal.reason });
    const call = this.requests.push(request) - 1;
    const turn = await this.#turn(request, call);
    if (turn.error) throw turn.error;
    if (turn.thinking) yield { t: 'delta', kind: 'think', text: turn.thinking };
    if (turn.text) yield { t: 'delta', kind: 'text', text: turn.text };
    if (signal.aborted) throw new ModelError('aborted', 'stopped', { provider: this.name, cause: signal.reason });
    yield this.#end(request, turn, call);
  }

  async #turn(request: ModelRequest, call: number): Promise<ScriptedTurn> {
    if (typeof this.script === 'function') return this.script(request, call);
    const turn = this.script[call];
    if (!turn) throw new Error(`the script has ${this.script.length} turns, and this is call ${call + 1}`);
    return turn;
  }

  #end(request: ModelRequest, turn: ScriptedTurn, call: number): ModelEnd {
    const parts = partsOf(turn, call);
    const message: ModelMessage = { role: 'assistant', parts, origin: { provider: this.name, model: request.model } };
    const stop = turn.stop ?? (turn.calls?.length ? 'tool' : 'stop');
    return { t: 'end', message, stop, usage: usageOf(request, parts, turn), responseId: `scripted-${call + 1}` };
  }
}

function partsOf(turn: ScriptedTurn, call: number): Part[] {
  const calls = (turn.calls ?? []).map(({ name, args, id, argsError }, n): CallPart => ({ t: 'call', id: id ?? `call_${call + 1}_${n + 1}`, name, args, ...(argsError ? { argsError } : {}) }));
  return [
    ...(turn.thinking ? [{ t: 'think' as const, text: turn.thinking, sig: `sig-${call + 1}` }] : []),
    ...(turn.text ? [{ t: 'text' as const, text: turn.text }] : []),
    ...calls,
  ];
}

function usageOf(request: ModelRequest, parts: readonly Part[], turn: ScriptedTurn): Usage {
  const counted = {
    inputTokens: estimateTokens(request.system + JSON.stringify(request.messages) + JSON.stringify(request.tools)),
    cacheReadTokens: 0,
    cacheWriteShortTokens: 0,
    cacheWriteLongTokens: 0,
    outputTokens: estimateTokens(JSON.stringify(parts)),
    reasoningTokens: turn.thinking ? estimateTokens(turn.thinking) : 0,
  };
  return { ...counted, raw: counted, ...turn.usage };
}
