import type { CallPart } from '@app/providers';
import type { Submission, TodoItem, ToolOutcome } from '../journal';
import { printable } from '../text/printable';
import { shortened } from '../text/shorten';
import type { ToolContext, ToolReply } from '../tools/tool';
import type { PolicyVerdict, ToolPolicy } from '../tools/tool-policy';
import { WorkspaceError } from '../workspace';

/** How a turn's calls went. `ending`: one of them ends the work; the calls behind it were not run. */
export interface ToolTurn {
  readonly results: readonly ToolOutcome[];
  readonly todo: readonly TodoItem[] | null;
  readonly ending: { readonly t: 'submit'; readonly callId: string; readonly submission: Submission } | { readonly t: 'question'; readonly question: string } | null;
}

interface Ran {
  readonly outcome: ToolOutcome;
  readonly effect: ToolReply['effect'];
}

const MAX_FULL_CHARACTERS = 1024 * 1024;

/** Carries out the calls of one turn: checked by the policy, together when none of them changes anything, else in order. */
export class ToolRunner {
  constructor(
    private readonly policy: ToolPolicy,
    private readonly context: ToolContext,
    private readonly secrets: readonly string[],
  ) {}

  async run(calls: readonly CallPart[]): Promise<ToolTurn> {
    const checked = calls.map((call) => ({ call, verdict: this.policy.check(call) }));
    if (checked.every(({ verdict }) => !verdict.allowed || verdict.tool.readOnly)) return turnOf(await Promise.all(checked.map(({ call, verdict }) => this.#runOne(call, verdict))));
    const ran: Ran[] = [];
    for (const { call, verdict } of checked) {
      const isOver = ran.some(({ effect }) => effect !== undefined && effect.t !== 'todo');
      ran.push(isOver ? { outcome: outcomeOf(call, 'Not run: the work was handed in before.', true), effect: undefined } : await this.#runOne(call, verdict));
    }
    return turnOf(ran);
  }

  async #runOne(call: CallPart, verdict: PolicyVerdict): Promise<Ran> {
    if (!verdict.allowed) return { outcome: outcomeOf(call, printable(verdict.reason, this.secrets), true), effect: undefined };
    const began = this.context.clock.monotonicMs();
    const reply = await this.#reply(verdict);
    const full = printable(reply.text, this.secrets).slice(0, MAX_FULL_CHARACTERS);
    const outcome = { ...outcomeOf(call, await this.#fitting(call, full, verdict), reply.isError ?? false), durationMs: Math.round(this.context.clock.monotonicMs() - began), fullText: full };
    return { outcome, effect: reply.effect };
  }

  async #reply({ tool, args }: Extract<PolicyVerdict, { allowed: true }>): Promise<ToolReply> {
    try {
      return await tool.run(args, this.context);
    } catch (error) {
      if (error instanceof WorkspaceError) return { text: error.message, isError: true };
      throw error;
    }
  }

  /** What the model sees of an output; the whole of it is kept where the model can read it. */
  async #fitting(call: CallPart, full: string, { tool }: Extract<PolicyVerdict, { allowed: true }>): Promise<string> {
    if (full.length <= tool.limit.characters) return full;
    const path = await this.context.workspace.spill(`${call.id}.txt`, full);
    return shortened(full, tool.limit, (leftOut) => `[… ${leftOut} characters left out; the whole output is in ${path} …]`) ?? full;
  }
}

function turnOf(ran: readonly Ran[]): ToolTurn {
  let todo: readonly TodoItem[] | null = null;
  let ending: ToolTurn['ending'] = null;
  for (const { outcome, effect } of ran) {
    if (effect?.t === 'todo') todo = effect.items;
    if (effect?.t === 'submit') ending = { t: 'submit', callId: outcome.callId, submission: effect.submission };
    if (effect?.t === 'question') ending = { t: 'question', question: effect.question };
  }
  return { results: ran.map(({ outcome }) => outcome), todo, ending };
}

function outcomeOf(call: CallPart, text: string, isError: boolean): ToolOutcome {
  return { callId: call.id, name: call.name, args: call.args, isError, durationMs: 0, text, fullText: text };
}
