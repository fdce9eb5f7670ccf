import type { IncomingHttpHeaders } from 'node:http';
import type { Conversation, WireName } from './conversation';
import type { Fault } from './faults';
import type { Refusal } from './refusal';
import type { Answer, Usage } from './turn';

export interface VendorRequest {
  readonly url: URL;
  readonly headers: IncomingHttpHeaders;
  readonly body: unknown;
}

/** One server-sent event; `usage`: what the client knows to be used once it has it. */
export interface StreamEvent {
  readonly event: string | null;
  readonly data: unknown;
  readonly usage?: Usage;
}

/** How one vendor's API looks: reading and refusing requests, writing answers and errors. */
export interface Wire {
  readonly name: WireName;
  /** Header of an answer's id; null: this vendor sends none. */
  readonly requestIdHeader: string | null;
  /** Whether only marked parts of the prompt are cached. */
  readonly hasCacheBreakpoints: boolean;
  /** Whether writing to the cache is counted, and billed, apart. */
  readonly countsCacheWrites: boolean;
  /** Whether calls to this path are this wire's. */
  serves(path: string): boolean;
  newRequestId(): string;
  keyOf(request: VendorRequest): string;
  modelOf(request: VendorRequest): string | null;
  /** @throws {Refusal} for what the vendor refuses. */
  read(request: VendorRequest): Conversation;
  /** @throws {Refusal} for a prompt that is larger than the window. */
  checkWindow(promptTokens: number, contextWindow: number): void;
  /** What a vendor's error looks like for a fault that names only its status. */
  faultRefusal(fault: Fault): Refusal;
  message(answer: Answer): unknown;
  events(answer: Answer, conversation: Conversation): Iterable<StreamEvent>;
  errorBody(refusal: Refusal, requestId: string): unknown;
  errorEvent(refusal: Refusal, requestId: string): StreamEvent;
}

/** The model as most wires name it. */
export function modelInBody({ body }: VendorRequest): string | null {
  return typeof body === 'object' && body !== null && 'model' in body ? String(body.model) : null;
}

/** Text in pieces of about a word or two, never through a character. */
export function* pieces(text: string, size = 12): Generator<string> {
  const characters = Array.from(text);
  for (let at = 0; at < characters.length; at += size) yield characters.slice(at, at + size).join('');
}
