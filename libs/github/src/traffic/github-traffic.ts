import { setTimeout as sleep } from 'node:timers/promises';
import { AnswerCache, type KeptAnswer } from './answer-cache';
import { OwnGate, SharedGate, type SharedLanes } from './lane-gate';
import { limitNotice } from './limits';
import { TrafficLane, type Call } from './traffic-lane';

/** How long a call may take, by who waits for it. */
export interface Patience {
  /** Until it is sent, GitHub's own waits included. */
  readonly waitMs: number;
  /** Of one try. */
  readonly answerMs: number;
  /** More tries of a call that changes nothing, after no answer or one of 5xx. */
  readonly retries: number;
}

/** A person waits for an HTTP answer of ours, which has 30 s in all. */
export const HURRIED: Patience = { waitMs: 3_000, answerMs: 6_000, retries: 1 };
/** A job waits; longer waits are for its queue. */
export const PATIENT: Patience = { waitMs: 60_000, answerMs: 15_000, retries: 2 };

const MOST_LANES = 1_000;
const FIRST_PAUSE_MS = 400;

type Send = typeof fetch;

/** Everything that this process sends to GitHub, in one lane for each installation. */
export class GithubTraffic {
  private readonly lanes = new Map<string, TrafficLane>();
  private readonly cache = new AnswerCache();

  /**
   * @param isPaced whether calls are spaced as github.com asks for
   * @param shared where all processes keep the lanes' state; null: this one knows only of its own calls
   */
  constructor(
    private readonly isPaced = true,
    private readonly shared: SharedLanes | null = null,
  ) {}

  /** A `fetch` for calls of one lane: paced, within GitHub's limits, in time, repeated where that is harmless, and asked by tag where the answer is known. */
  fetchFor(laneName: string, patience: Patience): Send {
    return (input, init = {}) => this.send(laneName, patience, new URL(input instanceof Request ? input.url : input), init);
  }

  private async send(laneName: string, patience: Patience, url: URL, init: RequestInit): Promise<Response> {
    const lane = this.lane(laneName);
    const call = callOf(url, init, patience.waitMs);
    let waits = 0;
    for (let tries = 0; ; tries += 1) {
      const leave = await lane.enter(call);
      const answer = await this.once(laneName, url, init, patience.answerMs).catch((error: unknown) => new Failure(error)).finally(leave);
      if (await isOverLimit(lane, answer)) {
        // What was refused for our rate has done nothing: it waits like a new call, or is told to come back later.
        if (waits++ > 0) return responseOf(answer);
        continue;
      }
      const mayRepeat = !call.isWrite && tries < patience.retries && call.signal?.aborted !== true;
      if (!hasFailed(answer) || !mayRepeat) return responseOf(answer);
      await sleep(FIRST_PAUSE_MS * 2 ** tries * (0.75 + Math.random() / 2));
    }
  }

  private async once(laneName: string, url: URL, init: RequestInit, answerMs: number): Promise<Answer> {
    const headers = new Headers(init.headers);
    const key = isRead(init) && !headers.has('if-none-match') ? `${laneName} ${headers.get('accept') ?? ''} ${url.href}` : null;
    const known = key === null ? undefined : this.cache.find(key);
    if (known) headers.set('if-none-match', known.etag);
    const response = await fetch(url, { ...init, headers, signal: within(answerMs, init.signal) });
    // Read here, within the time limit: an answer that breaks off is none.
    const body = await response.arrayBuffer();
    if (known && response.status === 304) return answerOf(known, response);
    const etag = response.headers.get('etag');
    const whole: KeptAnswer = { etag: etag ?? '', status: response.status, headers: response.headers, body };
    if (key !== null && response.status === 200 && etag !== null) this.cache.keep(key, whole);
    return answerOf(whole, response);
  }

  private lane(name: string): TrafficLane {
    const known = this.lanes.get(name) ?? new TrafficLane(this.shared ? new SharedGate(name, this.shared, this.isPaced) : new OwnGate(this.isPaced));
    this.lanes.delete(name);
    this.lanes.set(name, known);
    for (const [other, lane] of this.lanes) {
      if (this.lanes.size <= MOST_LANES) break;
      if (lane.isIdle) this.lanes.delete(other);
    }
    return known;
  }
}

class Failure {
  constructor(readonly reason: unknown) {}
}

interface Answer {
  readonly response: Response;
  readonly body: ArrayBuffer;
}

/** What is kept, with the headers of the answer that just came. */
function answerOf({ status, headers: kept, body }: KeptAnswer, fresh: Response): Answer {
  const headers = new Headers(kept);
  for (const [name, value] of fresh.headers) headers.set(name, value);
  // Of the body as it was sent, which is unpacked by now.
  for (const name of ['content-encoding', 'content-length', 'transfer-encoding']) headers.delete(name);
  const isEmpty = status === 204 || status === 205 || status === 304;
  const response = new Response(isEmpty ? null : body, { status, headers });
  Object.defineProperty(response, 'url', { value: fresh.url });
  return { response, body };
}

function responseOf(answer: Answer | Failure): Response {
  if (answer instanceof Failure) throw answer.reason;
  return answer.response;
}

function hasFailed(answer: Answer | Failure): boolean {
  return answer instanceof Failure || answer.response.status >= 500;
}

/** Whether the call was refused because we ask too much; what the answer says of that is kept in the lane. */
async function isOverLimit(lane: TrafficLane, answer: Answer | Failure): Promise<boolean> {
  if (answer instanceof Failure) return false;
  const { response: { status, headers }, body } = answer;
  const notice = limitNotice(status, headers, status === 403 ? Buffer.from(body).toString('utf8') : '');
  if (notice) await lane.close(notice);
  else if (status < 400) await lane.open();
  return notice?.isRefusal ?? false;
}

/** Reads, and what is done with tokens, change nothing. */
function callOf(url: URL, init: RequestInit, patienceMs: number): Call {
  const isWrite = !isRead(init) && !isOfTokens(url);
  const resource = resourceOf(url);
  return { isWrite, isCreation: isWrite && resource !== 'graphql' && init.method?.toUpperCase() === 'POST', resource, patienceMs, signal: init.signal ?? null };
}

function isRead({ method = 'GET' }: RequestInit): boolean {
  return method.toUpperCase() === 'GET' || method.toUpperCase() === 'HEAD';
}

function within(ms: number, signal: AbortSignal | null | undefined): AbortSignal {
  const limit = AbortSignal.timeout(ms);
  return signal ? AbortSignal.any([signal, limit]) : limit;
}

/** Tokens are made and ended without changing anything that GitHub counts as content. */
function isOfTokens({ pathname }: URL): boolean {
  return pathname.endsWith('/access_tokens') || pathname.endsWith('/installation/token') || /\/applications\/[^/]+\/(?:token|grant)$/.test(pathname);
}

function resourceOf({ pathname }: URL): string {
  if (pathname.endsWith('/graphql')) return 'graphql';
  return pathname.includes('/search/') ? 'search' : 'core';
}
