// Carries one call through: refuse or fault or answer, whole or streamed.
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Conversation } from './conversation';
import type { Fault } from './faults';
import type { OpenEntry } from './journal';
import type { PeerState } from './peer-state';
import { Refusal } from './refusal';
import type { Answer } from './turn';
import type { StreamEvent, VendorRequest, Wire } from './wire';

const NO_FAULT: Fault = {};
const CUT_MS = 20;

export class Responder {
  readonly #requestId: string;

  constructor(
    private readonly wire: Wire,
    private readonly state: PeerState,
    private readonly response: ServerResponse,
  ) {
    this.#requestId = wire.newRequestId();
  }

  async respond(request: VendorRequest): Promise<void> {
    const { wire } = this;
    const entry = this.state.journal.open({ wire: wire.name, requestId: this.#requestId, key: wire.keyOf(request).slice(-4), model: wire.modelOf(request), body: request.body });
    try {
      await this.#answer(request, entry);
    } catch (error) {
      if (error instanceof Refusal) this.#refuse(error, entry);
      else if (error instanceof HungUp) Object.assign(entry, { isAborted: true, error: 'the client hung up' });
      else throw error;
    }
  }

  async #answer(request: VendorRequest, entry: OpenEntry): Promise<void> {
    const conversation = this.wire.read(request);
    const fault = this.state.faults.take(conversation) ?? NO_FAULT;
    if (fault.delayMs !== undefined) await this.#pause(fault.delayMs);
    if (fault.cutAfter === 0) return this.#cut(entry);
    if (fault.status !== undefined && fault.errorAfter === undefined) throw this.wire.faultRefusal(fault);
    const answer = this.state.answer(this.wire, conversation);
    entry.status = 200;
    if (conversation.stream) return this.#stream(answer, conversation, { fault, entry });
    this.state.remember(this.wire, conversation);
    Object.assign(entry, { usage: answer.usage, isComplete: true });
    this.#head(200, 'application/json');
    this.response.end(JSON.stringify(this.wire.message(answer)));
  }

  #refuse(refusal: Refusal, entry: OpenEntry): void {
    Object.assign(entry, { status: refusal.status, isComplete: true, error: `${refusal.facts.code ?? refusal.type}: ${refusal.message}` });
    this.#head(refusal.status, 'application/json', refusal.facts.headers);
    this.response.end(JSON.stringify(this.wire.errorBody(refusal, this.#requestId)));
  }

  async #stream(answer: Answer, conversation: Conversation, { fault, entry }: { fault: Fault; entry: OpenEntry }): Promise<void> {
    this.#head(200, 'text/event-stream; charset=utf-8');
    this.response.flushHeaders();
    const events = [...this.wire.events(answer, conversation)];
    for (const [sent, event] of events.entries()) {
      if (sent === fault.cutAfter) return this.#cut(entry);
      if (sent === fault.endAfter) return this.#end(entry, 'ended early');
      if (sent === fault.hangAfter) await this.#hang();
      if (sent === fault.errorAfter) {
        await this.#write(this.wire.errorEvent(this.wire.faultRefusal(fault), this.#requestId), NO_FAULT);
        return this.#end(entry, 'error event');
      }
      if (event.usage) entry.usage = event.usage;
      if (sent === events.length - 1) {
        entry.isComplete = true;
        this.state.remember(this.wire, conversation);
      }
      await this.#write(event, { chunkDelayMs: this.state.paceMs, ...fault });
    }
    this.response.end();
  }

  async #write({ event, data }: StreamEvent, fault: Fault): Promise<void> {
    if (fault.chunkDelayMs) await this.#pause(fault.chunkDelayMs);
    if (this.response.destroyed) throw new HungUp();
    const bytes = Buffer.from(`${event === null ? '' : `event: ${event}\n`}data: ${typeof data === 'string' ? data : JSON.stringify(data)}\n\n`);
    const size = fault.chunkBytes ?? bytes.length;
    for (let at = 0; at < bytes.length; at += size) {
      this.response.write(bytes.subarray(at, at + size));
      // Lets the piece leave as a packet of its own.
      if (size < bytes.length) await new Promise((resolve) => setImmediate(resolve));
    }
  }

  async #pause(ms: number): Promise<void> {
    const over = new AbortController();
    const hungUp = once(this.response, 'close', { signal: over.signal }).then(() => Promise.reject(new HungUp()));
    try {
      await Promise.race([sleep(ms, undefined, { signal: over.signal }), hungUp]);
    } finally {
      hungUp.catch(() => undefined);
      over.abort();
    }
  }

  async #hang(): Promise<never> {
    if (!this.response.destroyed) await once(this.response, 'close');
    throw new HungUp();
  }

  /** What was written before gets its time to arrive. */
  #cut(entry: OpenEntry): void {
    entry.error = 'cut';
    setTimeout(() => this.response.destroy(), CUT_MS);
  }

  #end(entry: OpenEntry, error: string): void {
    entry.error = error;
    this.response.end();
  }

  #head(status: number, contentType: string, headers: Readonly<Record<string, string>> = {}): void {
    const { requestIdHeader } = this.wire;
    this.response.writeHead(status, { 'content-type': contentType, ...(requestIdHeader === null ? {} : { [requestIdHeader]: this.#requestId }), ...headers });
  }
}

/** The client closed the connection. */
class HungUp extends Error {}
