// A stand-in for AI vendors: speaks their protocols over HTTP, refuses what they refuse, and counts tokens honestly.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { anthropicWire } from './anthropic/anthropic-wire';
import { control } from './control';
import { demoAgent } from './demo/demo-agent';
import type { Fault } from './faults';
import { googleWire } from './google/google-wire';
import type { JournalEntry } from './journal';
import { modelList } from './model-list';
import { openAiChatWire } from './openai-chat/openai-chat-wire';
import { openAiResponsesWire } from './openai-responses/openai-responses-wire';
import { PeerState } from './peer-state';
import { Responder } from './responder';
import type { Personality, Script } from './scripts';

export type { Conversation } from './conversation';
export type { Fault, Match } from './faults';
export type { JournalEntry } from './journal';
export type { Personality, Script } from './scripts';
export type { PeerTurn, Usage } from './turn';

export interface LlmPeerOptions {
  /** 0 or left out: any free port. */
  readonly port?: number;
  /** Answers what no script fits; the demo agent when left out. */
  readonly personality?: Personality;
  /** Pause before each streamed event, milliseconds. */
  readonly paceMs?: number;
}

export interface LlmPeer {
  /** Origin, without a path: the base URL of Anthropic and Google. OpenAI's is this with /v1. */
  readonly url: string;
  /** Every request since the last reset, with the usage that it was answered with. */
  requests(): readonly JournalEntry[];
  script(script: Script): void;
  /** Answers by a function, until the next reset. */
  play(personality: Personality): void;
  fault(...faults: Fault[]): void;
  setContextWindow(tokens: number): void;
  reset(): void;
  stop(): Promise<void>;
}

const WIRES = [anthropicWire, openAiResponsesWire, openAiChatWire, googleWire];
const LARGEST_BODY = 32 * 1024 * 1024;

export async function startLlmPeer(options: LlmPeerOptions = {}): Promise<LlmPeer> {
  const state = new PeerState(options.personality ?? demoAgent, options.paceMs);
  const server = createServer((request, response) => {
    handle(state, request, response).catch((error: unknown) => {
      if (!response.headersSent) response.writeHead(500, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ error: { type: 'peer_error', message: String(error) } }));
    });
  });
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(options.port ?? 0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests: () => state.journal.list(),
    script: (script) => state.scripts.add(script),
    play: (personality) => state.scripts.play(personality),
    fault: (...faults) => faults.forEach((fault) => state.faults.add(fault)),
    setContextWindow: (tokens) => void (state.contextWindow = tokens),
    reset: () => state.reset(),
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function handle(state: PeerState, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://peer');
  const { pathname } = url;
  const text = await readBody(request);
  if (pathname.startsWith('/__peer/')) {
    const { status, body } = control(state, `${request.method} ${pathname}`, parse(text));
    send(response, status, body);
    return;
  }
  const wire = request.method === 'POST' ? WIRES.find((known) => known.serves(pathname)) : undefined;
  const list = request.method === 'GET' ? modelList(pathname, request.headers) : null;
  if (wire) await new Responder(wire, state, response).respond({ url, headers: request.headers, body: parse(text) });
  else if (list) send(response, list.status, list.body);
  else send(response, 404, { error: { type: 'not_found_error', message: `no such route: ${request.method} ${pathname}` } });
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}

/** Undefined for what is not JSON: the wire then says what is missing. */
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
