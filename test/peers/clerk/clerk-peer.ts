// A stand-in for Clerk: its Backend API over HTTP, session tokens and webhooks signed as Clerk signs them.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { SessionJSON, UserJSON } from '@clerk/backend';
import { answer, type Answer, refuse } from './backend-api';
import { ClerkState, type Fault, type JournalEntry, type SignedWebhook, type TokenWish, type WebhookWish } from './clerk-state';
import { control } from './control';
import type { SigningKey } from './keys';
import { clerkSession, type NewClerkUser } from './shapes';

export type { Fault, JournalEntry, SignedWebhook, TokenWish, WebhookWish } from './clerk-state';
export type { NewClerkUser } from './shapes';

export interface ClerkPeer {
  /** Root of the Backend API, without /v1: CLERK_API_URL. */
  readonly url: string;
  readonly issuer: string;
  readonly secretKey: string;
  readonly publishableKey: string;
  readonly webhookSecret: string;
  /** The public key of the tokens, as the dashboard shows it: CLERK_JWT_KEY. */
  readonly jwtKey: string;
  addUser(person?: NewClerkUser): UserJSON;
  changeUser(id: string, changes: Partial<UserJSON>): UserJSON;
  deleteUser(id: string): void;
  session(id: string, userId: string, status?: string): SessionJSON;
  /** A session token: a good one, or one with whatever is wrong that a test wishes. */
  token(wish: TokenWish): string;
  readonly signingKey: SigningKey;
  addKey(): SigningKey;
  removeKey(kid: string): void;
  webhook(type: string, data: object, wish?: WebhookWish): SignedWebhook;
  fault(...faults: Fault[]): void;
  clearFaults(): void;
  requests(): readonly JournalEntry[];
  violations(): readonly string[];
  stop(): Promise<void>;
}

const LARGEST_BODY = 1024 * 1024;

export async function startClerkPeer({ port = 0 }: { port?: number } = {}): Promise<ClerkPeer> {
  const state = new ClerkState();
  const server = createServer((request, response) => {
    handle(state, request, response).catch((error: unknown) => {
      state.violations.push(String(error));
      if (!response.headersSent) send(response, 500, refuse(500, 'internal', String(error)).body);
    });
  });
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, '127.0.0.1', resolve));
  const { issuer, secretKey, publishableKey, webhookSecret } = state;
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    issuer, secretKey, publishableKey, webhookSecret,
    get jwtKey() {
      return state.keys.pem;
    },
    get signingKey() {
      return state.keys.current;
    },
    addUser: (person = {}) => state.addUser(person),
    changeUser: (id, changes) => state.changeUser(id, changes),
    deleteUser: (id) => void state.users.delete(id),
    session: (id, userId, status = 'active') => clerkSession(id, userId, status, Date.now()),
    token: (wish) => state.token(wish),
    addKey: () => state.keys.add(),
    removeKey: (kid) => state.keys.remove(kid),
    webhook: (type, data, wish) => state.webhook(type, data, wish),
    fault: (...faults) => faults.forEach((fault) => state.addFault(fault)),
    clearFaults: () => state.clearFaults(),
    requests: () => state.journal,
    violations: () => state.violations,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function handle(state: ClerkState, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { method = 'GET', headers } = request;
  const { pathname: path } = new URL(request.url ?? '/', 'http://peer');
  const text = await readBody(request);
  if (path.startsWith('/__peer/')) {
    const { status, body } = control(state, `${method} ${path}`, parse(text));
    send(response, status, body);
    return;
  }
  const fault = state.takeFault(path) ?? {};
  if (fault.delayMs !== undefined) await new Promise((resolve) => setTimeout(resolve, fault.delayMs));
  const given = spoilt(answer(state, { method, path, authorization: headers.authorization }), fault);
  state.journal.push({ method, path, status: fault.cut ? 0 : given.status, apiVersion: headers['clerk-api-version']?.toString() ?? null });
  if (fault.cut) response.destroy();
  else send(response, given.status, given.body);
}

function spoilt(right: Answer, fault: Fault): Answer {
  const { status = right.status, body } = fault;
  if (body !== undefined) return { status, body };
  return status === right.status ? right : refuse(status, 'internal_clerk_error', 'Oops, an unexpected error occurred');
}

/** Exactly this content type: with anything behind it the SDK takes the answer for empty. */
function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
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
