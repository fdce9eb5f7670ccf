import type { CallPart, ModelMessage, Part, ResultPart } from './message';

const LOST = 'This call was interrupted before it gave a result. Call it again if you still need it.';

/**
 * The history as every vendor takes it: each call is followed by exactly one result, in the order of the calls; a missing one
 * is made up as an error, one without its call is dropped. Messages that need no repair stay the same objects.
 */
export function repairHistory(messages: readonly ModelMessage[]): ModelMessage[] {
  const repaired: ModelMessage[] = [];
  messages.forEach((message, at) => {
    if (message.role === 'tool') return;
    repaired.push(message);
    const calls = callsOf(message);
    if (calls.length > 0) repaired.push(resultsFor(calls, answersAfter(messages, at)));
  });
  return repaired;
}

/** Without the vendors' thinking: for a vendor that refuses what it signed itself. */
export function withoutThinking(messages: readonly ModelMessage[]): ModelMessage[] {
  return messages.map((message) => ({ role: message.role, parts: message.parts.filter((part) => part.t !== 'think') }));
}

/** The calls of a turn, in order. */
export function callsOf(message: ModelMessage): CallPart[] {
  return message.parts.filter((part): part is CallPart => part.t === 'call');
}

/** The shown text of a message. */
export function textOf(message: ModelMessage): string {
  return message.parts.filter((part): part is Extract<Part, { t: 'text' }> => part.t === 'text').map((part) => part.text).join('');
}

/** Tool messages up to the model's next turn, also behind a text that the user sent in between. */
function answersAfter(messages: readonly ModelMessage[], at: number): ModelMessage[] {
  let next = at + 1;
  while (next < messages.length && messages[next]?.role !== 'assistant') next++;
  return messages.slice(at + 1, next).filter((message) => message.role === 'tool');
}

function resultsFor(calls: readonly CallPart[], answers: readonly ModelMessage[]): ModelMessage {
  const given = answers.flatMap((answer) => answer.parts).filter((part): part is ResultPart => part.t === 'result');
  const parts = calls.map((call) => given.find((result) => result.id === call.id) ?? lost(call));
  const only = answers[0];
  const isWhole = answers.length === 1 && only?.parts.length === parts.length && parts.every((part, n) => part === only.parts[n]);
  return isWhole ? only : { role: 'tool', parts };
}

function lost(call: CallPart): ResultPart {
  return { t: 'result', id: call.id, name: call.name, text: LOST, isError: true };
}
