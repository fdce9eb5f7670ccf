import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { control } from './control';
import type { Fault } from './faults';
import { answerOauth, isOauth } from './auth/web-flow';
import { answerGit, gitCall } from './git/git-server';
import type { GithubState } from './github-state';
import { jsonText, parseJson } from './http/json';
import { Refusal } from './http/refusal';
import { replyOf, sendReply } from './http/responder';
import type { JournalEntry } from './journal';
import { answerPage } from './pages/pages';
import { answerRest } from './rest/rest';

const LARGEST_BODY = 32 * 1024 * 1024;
const API = /^\/api(?:\/v3(?=\/|$)|(?=\/graphql$))/;
/** First parts of paths that belong to the API, for a client whose base URL is the bare origin. */
const API_ROOTS = /^\/(app|installation|repos|repositories|rate_limit|user|applications)(\/|$)/;

interface Call {
  readonly method: string;
  /** Without the prefix /api/v3. */
  readonly path: string;
  readonly url: URL;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly entry: JournalEntry;
}

/** One request from head to end. Rejects only when the client of a control route is gone. */
export async function serve(state: GithubState, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://peer');
  const method = request.method ?? 'GET';
  const path = url.pathname.replace(API, '') || '/';
  if (path.startsWith('/__peer/')) return serveControl(state, { route: `${method} ${path}`, url, request, response });
  const entry = state.journal.open({ method, path: url.pathname + url.search, apiVersion: request.headers['x-github-api-version']?.toString() ?? null });
  const call = { method, path, url, request, response, entry };
  const began = Date.now();
  response.once('close', () => {
    entry.durationMs = Date.now() - began;
    if (response.headersSent) entry.status = response.statusCode;
  });
  try {
    const fault = state.faults.take(method, url.pathname);
    if (fault && (await suffer(fault, state, call))) return;
    if (fault?.cut === 'after') deafen(response, entry);
    await answer(state, call);
  } catch (error) {
    refuse(response, error);
  }
}

async function answer(state: GithubState, { method, path, url, request, response, entry }: Call): Promise<void> {
  const git = gitCall(url);
  if (git) return answerGit(state, git, { url, request, response, entry });
  const text = await readBody(request);
  if (isOauth(path)) return answerOauth(state, { method, url, text, request }, response);
  if (!API.test(url.pathname) && !API_ROOTS.test(path)) return answerPage(state, url, response);
  entry.body = parseJson(text) ?? null;
  const reply = await answerRest(state, { method, path, url, headers: request.headers, text, entry });
  sendReply(response, reply, { etag: request.headers['if-none-match'], rate: state.journal.requests().length, now: state.now() });
}

/** True when the fault was the whole answer. */
async function suffer({ delayMs, status, message, headers, cut }: Fault, state: GithubState, { request, response, entry }: Call): Promise<boolean> {
  if (delayMs) await sleep(delayMs);
  if (cut === 'before') {
    entry.note = 'cut before the effect';
    response.destroy();
    return true;
  }
  if (status === undefined) return false;
  entry.note = 'fault';
  request.resume();
  sendReply(response, replyOf(new Refusal(status, message ?? 'Fault asked for by a test', null, headers)), { now: state.now() });
  return true;
}

/** The effect happens, the client hears nothing: what is written goes nowhere and the connection ends. */
function deafen(response: ServerResponse, entry: JournalEntry): void {
  entry.note = 'cut after the effect';
  const cut = (): ServerResponse => {
    response.socket?.destroy();
    return response;
  };
  response.writeHead = () => response;
  response.write = () => true;
  response.end = cut;
}

function refuse(response: ServerResponse, error: unknown): void {
  if (response.headersSent || response.destroyed) {
    response.destroy();
    return;
  }
  const { status, headers } = replyOf(error);
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8', ...headers });
  response.end(`${error instanceof Error ? error.message : String(error)}\n`);
}

async function serveControl(state: GithubState, { route, url, request, response }: { route: string; url: URL; request: IncomingMessage; response: ServerResponse }): Promise<void> {
  const { status, body } = await control({ state, query: url.searchParams, body: parseJson(await readBody(request)) }, route);
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(jsonText(body));
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
