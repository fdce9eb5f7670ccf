import type { Part } from '../message';
import { ModelError } from '../model-error';
import type { ModelChunk, ModelEnd, StopReason } from '../model-provider';

const STOPS: readonly StopReason[] = ['stop', 'tool', 'length', 'refusal'];

/** The chunk as its type says it is. @throws {ModelError} server, for a vendor that sent something else: nobody behind the port checks again. */
export function sound<T extends ModelChunk>(chunk: T, provider: string): T {
  if (chunk.t === 'delta' ? typeof chunk.text === 'string' : isSoundEnd(chunk)) return chunk;
  throw new ModelError('server', 'the answer is not what this API answers', { provider, ...(chunk.t === 'end' ? { usage: chunk.usage } : {}) });
}

function isSoundEnd({ message, stop, responseId }: ModelEnd): boolean {
  return message.parts.every(isSoundPart) && STOPS.includes(stop) && (responseId === null || typeof responseId === 'string');
}

function isSoundPart(part: Part): boolean {
  const texts: unknown[] = part.t === 'call' ? [part.id, part.name] : [part.text];
  if ('sig' in part) texts.push(part.sig);
  return texts.every((text) => typeof text === 'string');
}
