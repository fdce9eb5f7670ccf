// A stand-in for Stripe: its API over HTTP, the page that people pay on, and webhooks signed as Stripe signs them.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type Stripe from 'stripe';
import { answerApi, type ApiAnswer, type ApiRequest } from './api';
import { arrive, checkoutPage, press, pressAndWait } from './checkout-page';
import { advance } from './clock';
import { control } from './control';
import { Deliveries, signed, type WebhookTarget } from './delivery';
import { decode } from './request-check';
import { changeDispute, changeRefund, disputeCharge, refundCharge } from './reversing';
import { type Fault, type JournalEntry, StripeState } from './stripe-state';

export type { Fault, JournalEntry } from './stripe-state';
export type { WebhookTarget } from './delivery';

export interface StripePeer {
  /** Root of the API, without /v1: STRIPE_API_URL. */
  readonly url: string;
  readonly secretKey: string;
  readonly webhookSecret: string;
  /** Everything it remembers. */
  readonly state: StripeState;
  /** Where events go as they happen. */
  sendTo(target: WebhookTarget | null): void;
  events(): readonly Stripe.Event[];
  signed(event: Stripe.Event, wish?: { at?: number; secret?: string }): { headers: Record<string, string>; body: string };
  /** Presses the button of a checkout's page; returns where the browser goes. */
  press(sessionId: string, card?: 'good' | 'declined'): string | null;
  pressAndWait(sessionId: string): void;
  arrive(sessionId: string, outcome: 'paid' | 'failed'): void;
  advance(seconds: number): void;
  refund(wish: Parameters<typeof refundCharge>[1]): Stripe.Refund;
  changeRefund(id: string, status: 'succeeded' | 'failed' | 'canceled'): Stripe.Refund;
  dispute(wish: Parameters<typeof disputeCharge>[1]): Stripe.Dispute;
  changeDispute(id: string, status: Stripe.Dispute.Status): Stripe.Dispute;
  /** From now on this customer's card is refused, or not. */
  declineCards(customerId: string, declines: boolean): void;
  fault(...faults: Fault[]): void;
  clearFaults(): void;
  requests(): readonly JournalEntry[];
  violations(): readonly string[];
  settled(): Promise<void>;
  stop(): Promise<void>;
}

const LARGEST_BODY = 1024 * 1024;

export async function startStripePeer({ port = 0 }: { port?: number } = {}): Promise<StripePeer> {
  const state = new StripeState();
  const deliveries = new Deliveries(state);
  state.onEvent = (event) => deliveries.take(event);
  const server = createServer((request, response) => {
    handle({ state, deliveries }, request, response).catch((error: unknown) => {
      state.violations.push(error instanceof Error ? (error.stack ?? error.message) : String(error));
      if (!response.headersSent) send(response, 500, { error: { type: 'api_error', message: String(error) } });
    });
  });
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, '127.0.0.1', resolve));
  state.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url: state.url, secretKey: state.secretKey, webhookSecret: state.webhookSecret, state,
    sendTo: (target) => deliveries.aim(target),
    events: () => [...state.events.values()],
    signed: (event, wish) => signed(state, event, wish),
    press: (sessionId, card = 'good') => press(state, sessionId, card),
    pressAndWait: (sessionId) => pressAndWait(state, sessionId),
    arrive: (sessionId, outcome) => arrive(state, sessionId, outcome),
    advance: (seconds) => advance(state, seconds),
    refund: (wish) => refundCharge(state, wish),
    changeRefund: (id, status) => changeRefund(state, id, status),
    dispute: (wish) => disputeCharge(state, wish),
    changeDispute: (id, status) => changeDispute(state, id, status),
    declineCards: (customerId, declines) => void (declines ? state.declining.add(customerId) : state.declining.delete(customerId)),
    fault: (...faults) => faults.forEach((fault) => state.addFault(fault)),
    clearFaults: () => state.clearFaults(),
    requests: () => state.journal,
    violations: () => state.violations,
    settled: () => deliveries.settled(),
    stop: () =>
      new Promise((resolve) => {
        deliveries.stop();
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

type Running = { readonly state: StripeState; readonly deliveries: Deliveries };

async function handle(peer: Running, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { pathname: path, search } = new URL(request.url ?? '/', 'http://peer');
  const text = await readBody(request);
  if (path.startsWith('/__peer/')) {
    const { status, body } = control(peer, `${request.method} ${path}`, text === '' ? {} : (JSON.parse(text) as Record<string, unknown>));
    send(response, status, body);
  } else if (path.startsWith('/v1/')) await handleApi(peer.state, { request, path, query: search.slice(1), text }, response);
  else handlePage(peer.state, { method: request.method ?? 'GET', path, text }, response);
}

async function handleApi(state: StripeState, call: { request: IncomingMessage; path: string; query: string; text: string }, response: ServerResponse): Promise<void> {
  const { path, query, text } = call;
  const asked = askedIn(call);
  const fault = state.takeFault(asked.method, path) ?? {};
  if (fault.delayMs !== undefined) await new Promise((resolve) => setTimeout(resolve, fault.delayMs));
  const answer = answered(state, asked, fault);
  state.journal.push({ method: asked.method, path, status: fault.cut ? 0 : answer.status, idempotencyKey: asked.idempotencyKey, params: decode(text === '' ? query : text) });
  if (fault.cut) {
    response.destroy();
    return;
  }
  response.setHeader('request-id', state.id('req'));
  response.setHeader('stripe-version', '2026-10-28.endive');
  if (answer.replayed === true) response.setHeader('idempotent-replayed', 'true');
  if (asked.idempotencyKey !== null) response.setHeader('idempotency-key', asked.idempotencyKey);
  send(response, answer.status, answer.body);
}

function askedIn({ request, path, query, text }: { request: IncomingMessage; path: string; query: string; text: string }): ApiRequest {
  const { method = 'GET', headers } = request;
  const { authorization, 'stripe-version': version, 'content-type': contentType, 'idempotency-key': key } = headers;
  return { method, path, query, text, authorization, version: version?.toString(), contentType, idempotencyKey: key?.toString() ?? null };
}

function answered(state: StripeState, asked: ApiRequest, fault: Fault): ApiAnswer {
  if (fault.cut === 'before') return { status: 0, body: null };
  return fault.status === undefined ? answerApi(state, asked) : { status: fault.status, body: { error: { type: 'api_error', message: 'An error occurred.' } } };
}

/** `/c/pay/<session>`: the page and its button. */
function handlePage(state: StripeState, { method, path, text }: { method: string; path: string; text: string }, response: ServerResponse): void {
  const id = /^\/c\/pay\/([^/]+)$/.exec(path)?.[1] ?? '';
  const next = method === 'POST' ? press(state, id, decode(text)['card'] === 'declined' ? 'declined' : 'good') : null;
  if (next !== null) {
    response.writeHead(303, { location: next }).end();
    return;
  }
  const page = checkoutPage(state, id);
  response.writeHead(page === null ? 404 : 200, { 'content-type': 'text/html; charset=utf-8' }).end(page ?? 'There is no such page.');
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body, null, 2));
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > LARGEST_BODY) throw new Error('the body is too large');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
