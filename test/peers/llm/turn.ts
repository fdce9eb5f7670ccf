// What the model says in one turn, as scripts write it and as the wires send it.
import { createHmac, randomBytes } from 'node:crypto';
import type { Conversation, WireName } from './conversation';
import { countTokens } from './tokens';

export interface TurnCall {
  readonly name: string;
  readonly args?: unknown;
  /** The arguments as text, for a model that does not write JSON. */
  readonly rawArgs?: string;
  readonly id?: string;
}

export interface PeerTurn {
  readonly thinking?: string;
  readonly text?: string;
  readonly calls?: readonly TurnCall[];
  /** Why the turn ends, when it is not what the calls say. */
  readonly stop?: 'refusal' | 'length' | 'window';
}

export interface FinishedCall {
  readonly id: string;
  readonly name: string;
  readonly argsText: string;
}

export interface Usage {
  readonly inputTokens: number;
  readonly cacheReadTokens: number;
  readonly cacheWriteShortTokens: number;
  readonly cacheWriteLongTokens: number;
  readonly outputTokens: number;
  readonly reasoningTokens: number;
}

export interface Answer {
  readonly id: string;
  readonly model: string;
  readonly created: number;
  readonly thinking: string;
  readonly signature: string;
  readonly text: string;
  readonly calls: readonly FinishedCall[];
  readonly stop: 'stop' | 'tool' | 'refusal' | 'length' | 'window';
  readonly usage: Usage;
}

const ANSWER_IDS: Record<WireName, string> = { anthropic: 'msg_01', 'openai-responses': 'resp_', 'openai-chat': 'chatcmpl-', google: '' };

/** Fixed, so that a conversation goes on after the peer was started anew. */
const SIGNING_KEY = 'thinking of the stand-in';

/** Proof that this model thought exactly that. */
export function signatureOf(model: string, thinking: string): string {
  return createHmac('sha256', SIGNING_KEY).update(`${model}\n${thinking}`).digest('base64');
}

/** The answer as it goes out: with ids, cut at `max_tokens` as a vendor cuts it, its tokens counted. */
export function finishTurn(turn: PeerTurn, conversation: Conversation, prompt: Omit<Usage, 'outputTokens' | 'reasoningTokens'>): Answer {
  const room = new Room(conversation.maxTokens);
  const thinking = room.take(conversation.thinks ? (turn.thinking ?? '') : '');
  const reasoningTokens = room.used;
  const text = room.take(turn.text ?? '');
  const calls = (turn.calls ?? []).flatMap((call) => (room.isFull ? [] : [{ id: call.id ?? newCallId(conversation), name: call.name, argsText: room.take(call.rawArgs ?? JSON.stringify(call.args ?? {})) }]));
  const stop = turn.stop ?? (room.isFull ? 'length' : calls.length > 0 ? 'tool' : 'stop');
  return {
    id: `${ANSWER_IDS[conversation.wire]}${token(22)}`,
    model: conversation.model,
    created: Math.floor(Date.now() / 1000),
    thinking,
    signature: thinking === '' ? '' : signatureOf(conversation.model, thinking),
    text,
    calls,
    stop,
    usage: { ...prompt, outputTokens: Math.max(1, room.used), reasoningTokens },
  };
}

class Room {
  used = 0;
  isFull = false;

  constructor(private readonly maxTokens: number) {}

  take(text: string): string {
    const left = this.maxTokens - this.used;
    const wanted = countTokens(text);
    if (wanted <= left) {
      this.used += wanted;
      return text;
    }
    this.isFull = true;
    this.used = this.maxTokens;
    return Array.from(text.slice(0, left * 4)).filter((char) => char.length > 1 || !/[\uD800-\uDFFF]/.test(char)).join('');
  }
}

function newCallId({ wire }: Conversation): string {
  return wire === 'anthropic' ? `toolu_01${token(22)}` : wire === 'google' ? token(8) : `call_${token(24)}`;
}

/** Letters and digits only, as vendors' ids are. */
export function token(length: number): string {
  return randomBytes(length * 2).toString('base64').replace(/[^a-zA-Z0-9]/g, '').slice(0, length).padEnd(length, '0');
}
