import type { GateAnswer, GateRefusal } from '@app/agent';
import type { ServerResponse } from 'node:http';
import type { InwardCall, InwardWire, SseEvent } from './wires/wire';

/** Until then an error still gets a status of its own; after it a stream has begun, and shows that it lives. */
const FIRST_SIGN_MS = 10_000;
const SIGN_EVERY_MS = 10_000;
/** A client that does not take its answer in that time does not want it. */
const TAKEN_MS = 30_000;

const STATUS: Partial<Record<GateRefusal['code'], number>> = {
  model_not_found: 404, not_found: 404, budget_exhausted: 402, out_of_credits: 402, quota: 402, step_limit: 403, timed_out: 403, closed: 403, auth: 403, aborted: 403,
  busy: 429, rate_limit: 429, context_overflow: 400, malformed_history: 400, bad_request: 400, refusal: 400,
};

/** One answer over one wire: whole, or as a stream of whole messages: a try that fails is repeated before anybody has seen half of it. */
export class GatewayAnswer {
  private signs: NodeJS.Timeout | undefined;

  constructor(
    private readonly response: ServerResponse,
    private readonly wire: InwardWire,
  ) {}

  send(body: object): void {
    this.end(200, JSON.stringify(body));
  }

  refuse(refusal: GateRefusal, status = STATUS[refusal.code] ?? 503): void {
    if (this.response.headersSent) this.endStream([this.wire.refusalEvent(refusal, status)]);
    else this.end(status, JSON.stringify(this.wire.refusal(refusal, status)));
  }

  async give(call: InwardCall, coming: Promise<GateAnswer>): Promise<void> {
    if (call.streams) this.signs = setTimeout(() => this.begin(), FIRST_SIGN_MS);
    const answer = await coming.finally(() => clearTimeout(this.signs));
    if (answer.t === 'refused') return this.refuse(answer.refusal);
    if (!call.streams) return this.send(call.answer(answer.end));
    this.head();
    this.endStream(call.events(answer.end));
  }

  private begin(): void {
    this.head();
    this.response.write(this.wire.ping);
    this.signs = setInterval(() => this.response.write(this.wire.ping), SIGN_EVERY_MS);
  }

  private head(): void {
    if (!this.response.headersSent) this.response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-store' });
  }

  private endStream(events: readonly SseEvent[]): void {
    this.watch();
    this.response.end(events.map(({ name, data }) => `${name === null ? '' : `event: ${name}\n`}data: ${data}\n\n`).join(''));
  }

  private end(status: number, body: string): void {
    this.watch();
    // What was not read of a body would be taken for the next request.
    const isOver = this.response.req.complete ? {} : { connection: 'close' };
    this.response.writeHead(status, { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store', ...isOver });
    this.response.end(body);
  }

  private watch(): void {
    clearTimeout(this.signs);
    const timer = setTimeout(() => this.response.destroy(), TAKEN_MS).unref();
    this.response.once('close', () => clearTimeout(timer));
  }
}
