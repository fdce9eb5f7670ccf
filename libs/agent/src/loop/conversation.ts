import { repairHistory, withoutThinking, type ModelMessage, type Part, type ToolSpec } from '@app/providers';
import type { RunState } from './state';
import type { Turn } from './turn';

/** Bytes that make a token, on the safe side; and what is added to every estimate. */
const BYTES_PER_TOKEN = 3;
const MARGIN = 1.1;

/** The messages of a request as every vendor takes them: no empty texts, every call with its result, the user's turns joined. */
export function messagesFor(opening: string, turns: readonly Turn[]): ModelMessage[] {
  const first: ModelMessage = { role: 'user', parts: [{ t: 'text', text: opening }] };
  const messages: ModelMessage[] = [];
  for (const message of repairHistory([first, ...turns.map((turn) => turn.message)])) {
    const whole = withoutEmptyParts(message);
    const before = messages.at(-1);
    if (whole === null) continue;
    if (whole.role === 'user' && before?.role === 'user') messages[messages.length - 1] = { role: 'user', parts: [...before.parts, ...whole.parts] };
    else messages.push(whole);
  }
  return messages;
}

/** The same messages without what only the vendor that made them understands: for a vendor that refuses its own history. */
export function plainMessages(messages: readonly ModelMessage[]): ModelMessage[] {
  return withoutThinking(messages);
}

/** What the next prompt holds at least: the last call's real count and what came since, else counted by size. */
export function estimatePrompt(state: RunState, fixed: { readonly system: string; readonly tools: readonly ToolSpec[]; readonly opening: string }): number {
  const { measured, turns } = state;
  const since = turns.slice(measured?.turns ?? 0).reduce((sum, turn) => sum + sizeOf(turn.message), 0);
  const base = measured === null ? Buffer.byteLength(fixed.system + JSON.stringify(fixed.tools) + fixed.opening) : 0;
  return (measured?.tokens ?? 0) + Math.ceil(((since + base) / BYTES_PER_TOKEN) * MARGIN);
}

/** Tokens of one turn by its size. */
export function tokensOf(message: ModelMessage): number {
  return Math.ceil(sizeOf(message) / BYTES_PER_TOKEN);
}

function sizeOf(message: ModelMessage): number {
  return message.parts.reduce((sum, part) => sum + partSize(part), 0);
}

function partSize(part: Part): number {
  return part.t === 'call' ? Buffer.byteLength(JSON.stringify(part.args) ?? '') + part.name.length : Buffer.byteLength(part.text);
}

/** An answer of nothing but thought says nothing to the next call, and vendors refuse it. */
function withoutEmptyParts(message: ModelMessage): ModelMessage | null {
  const parts = message.parts.filter((part) => part.t !== 'text' || part.text.trim() !== '');
  if (parts.every((part) => part.t === 'think')) return null;
  return parts.length === message.parts.length ? message : { ...message, parts };
}
