import type { GateRefusal, GateRequest } from '@app/agent';
import type { ModelEnd } from '@app/providers';

/** An event of a stream; `name` null: the wire has none. */
export interface SseEvent {
  readonly name: string | null;
  readonly data: string;
}

/** A call as a wire brought it, and how its answer goes back over it. */
export interface InwardCall {
  readonly request: GateRequest;
  readonly streams: boolean;
  answer(end: ModelEnd): object;
  events(end: ModelEnd): SseEvent[];
}

/** One vendor's API, as its clients speak it to us. */
export interface InwardWire {
  /** @throws {BadCall} when it is not what a client of that API sends. `model`, `streams`: where they stand in the path. */
  read(body: unknown, path: PathFacts): InwardCall;
  /** The body of an error's answer. */
  refusal(refusal: GateRefusal, status: number): object;
  /** The error as an event of a stream that has begun. */
  refusalEvent(refusal: GateRefusal, status: number): SseEvent;
  /** A sign of life in a stream. */
  readonly ping: string;
}

export interface PathFacts {
  readonly model: string | null;
  readonly streams: boolean;
}

/** A body that makes no sense on its wire. */
export class BadCall extends Error {}

export function jsonEvent(data: unknown, name: string | null = null): SseEvent {
  return { name, data: JSON.stringify(data) };
}
