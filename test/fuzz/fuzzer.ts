import type { Contract, Endpoint, Received } from '../support/contract';
import { curl, FuzzClient, NoAnswer, type Sent } from './client';
import { Ids } from './ids';
import { judge } from './judge';
import { MALFORMED, malformedFault } from './malformed';
import type { People } from './people';
import { type Plan, type Sender, wellFormed } from './plan';
import { isSuicidal, Planner } from './planner';

const BATCH = 1_000;
const MOST_FINDINGS = 40;
/** These hash passwords or call others: each good call costs a tenth of a second, so that there are fewer of them. */
const SLOW = /\/auth\/(register|login|password)$|\/(models|api-keys)\/test$|\/api-keys\/\{id\}\/test$|\/ping$|\/repositories$|^POST \/api\/v1\/api-keys$|\/revoke-sessions$|\/users\/profile$/;
const SLOW_SHARE = 0.25;
const DELETE_SHARE = 0.4;
const CREATE_SHARE = 1.5;

/** A mistake of the server, with what is needed to see it again. */
export interface Finding {
  readonly endpoint: string;
  readonly kind: string;
  readonly fault: string;
  readonly command: string;
  readonly answer: string;
  /** How often it was seen. */
  times: number;
}

export interface FuzzReport {
  readonly operations: number;
  readonly requests: number;
  readonly seconds: number;
  readonly seed: number;
  readonly byStatus: Readonly<Record<string, number>>;
  readonly findings: readonly Finding[];
  /** Operations that gave no good answer in the whole run: the fuzzer has not seen their inside. */
  readonly neverGood: readonly string[];
  /** Times a sender had to be replaced. */
  readonly replaced: number;
  /** Times a thing was read after it was made, or looked for after it was deleted. */
  readonly followUps: number;
}

interface Exchange {
  readonly params: Record<string, string>;
  readonly sent: Sent;
  readonly received: Received;
}

interface Options {
  readonly url: string;
  readonly contract: Contract;
  readonly people: People;
  readonly client: FuzzClient;
  readonly requests: number;
  readonly seed: number;
  readonly workers: number;
  readonly progress?: (done: number) => void;
}

/** Sends planned requests, several at a time, and holds every answer to the document. */
export class Fuzzer {
  private readonly ids = new Ids();
  private readonly planner: Planner;
  private readonly findings = new Map<string, Finding>();
  private readonly byStatus: Record<string, number> = {};
  private readonly good = new Set<string>();
  private sent = 0;
  private followUps = 0;

  constructor(private readonly options: Options) {
    this.planner = new Planner(options.contract);
  }

  async run(): Promise<FuzzReport> {
    const began = performance.now();
    await this.options.people.begin();
    await this.look();
    await this.malformed();
    for (let batch = 0; this.sent < this.options.requests; batch += 1) {
      await this.work(this.batch(batch));
      this.options.progress?.(this.sent);
    }
    return {
      operations: this.options.contract.endpoints.length, requests: this.sent, seconds: (performance.now() - began) / 1_000, seed: this.options.seed, byStatus: this.byStatus, findings: [...this.findings.values()],
      neverGood: this.options.contract.endpoints.map(({ name }) => name).filter((name) => !this.good.has(name)), followUps: this.followUps, replaced: this.options.people.replaced,
    };
  }

  private batch(number: number): Plan[] {
    const { endpoints } = this.options.contract;
    const seed = (this.options.seed + number * 7_919) | 0;
    const size = Math.min(BATCH, this.options.requests - this.sent);
    const weights = endpoints.map(weightOf);
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    const plans = endpoints.flatMap((endpoint, index) => this.planner.plans(endpoint, Math.max(1, Math.round((size * (weights[index] ?? 1)) / total)), seed + index));
    return shuffled(plans, seed).slice(0, Math.max(size, 1));
  }

  private async work(plans: Plan[]): Promise<void> {
    const next = plans[Symbol.iterator]();
    await Promise.all(Array.from({ length: this.options.workers }, async () => {
      for (const plan of next) await this.one(plan);
    }));
  }

  private async one(plan: Plan): Promise<void> {
    const params = this.ids.params(plan);
    const sent = this.fill(plan, params);
    const received = await this.exchange(plan, sent);
    if (!received) return;
    const endpoint = this.options.contract.endpoint(plan.endpoint);
    for (const fault of judge(this.options.contract, plan, { sent, received })) this.note(plan, fault, { sent, received });
    if (plan.isStray) return;
    if (received.status < 400) this.good.add(plan.endpoint);
    await this.follow(endpoint, plan, { params, sent, received });
    if (received.status === 401 && /"token_(revoked|expired)"|"account_suspended"/.test(received.text) && !('authorization' in plan.headers)) await this.replace(plan.sender, sent.headers['authorization'] ?? '');
  }

  private async replace(sender: Sender, dead: string): Promise<void> {
    await this.options.people.replace(sender, dead);
    if (sender === 'owner') await this.look();
  }

  /** Reads every list once, so that there are ids to begin with. */
  private async look(): Promise<void> {
    const lists = this.options.contract.endpoints.filter(({ method }) => method === 'GET').sort((a, b) => a.path.length - b.path.length);
    for (const endpoint of lists) {
      const params = this.ids.params({ params: Object.fromEntries([...endpoint.path.matchAll(/\{(\w+)\}/g)].map((match) => [match[1] ?? '', { $idOf: endpoint.path.slice(0, match.index - 1), pick: 0 }])) });
      const authorization = this.options.people.authorization(endpoint.path.startsWith('/api/v1/admin') ? 'staff' : 'owner') ?? '';
      const received = await this.options.client.send({ method: 'GET', target: filled(endpoint.path, params), headers: { authorization }, body: null }).catch(() => null);
      if (received) this.learn(endpoint.path, params, received);
    }
  }

  /** Our own people are no target for what the staff does to users. */
  private learn(path: string, params: Record<string, string>, received: Received): void {
    this.ids.learn(path, params, received);
    for (const id of this.options.people.userIds) this.ids.forget(id, '/api/v1/admin/users');
  }

  private async exchange(plan: Plan, sent: Sent): Promise<Received | null> {
    this.sent += 1;
    try {
      const received = await this.options.client.send(sent);
      this.byStatus[received.status] = (this.byStatus[received.status] ?? 0) + 1;
      return received;
    } catch (error) {
      // A server may close a connection on a body that it does not read; then there is nothing to look at.
      const mayClose = error instanceof NoAnswer && /ECONNRESET|EPIPE|socket hang up/.test(error.message) && (sent.body?.length ?? 0) > 50_000;
      const isOurs = error instanceof TypeError;
      if (!mayClose && !isOurs) this.note(plan, error instanceof Error ? error.message.replace(/^.*?: /, '') : 'no answer', { sent, received: { status: 0, headers: {}, text: '' } });
      return null;
    }
  }

  /** What was made can be read; what was deleted is gone. */
  private async follow(endpoint: Endpoint, plan: Plan, exchange: Exchange): Promise<void> {
    const { sent, received, params } = exchange;
    if (plan.method !== endpoint.method) return;
    const isGone = plan.method === 'DELETE' && received.status === 204 && endpoint.path.endsWith('}');
    if (isGone) this.ids.forget(Object.values(params).at(-1) ?? '');
    if (isGone) await this.expectStatus(plan, sent, { target: sent.target.split('?')[0] ?? '', statuses: [401, 404], fault: 'still there after it was deleted' });
    else await this.expectMade(plan, exchange);
    if (!isGone) this.learn(endpoint.path, params, received);
  }

  private async expectMade(plan: Plan, { sent, received }: Exchange): Promise<void> {
    const location = received.headers['location'];
    if (received.status !== 201 || typeof location !== 'string' || !sent.headers['authorization']) return;
    await this.expectStatus(plan, sent, { target: location, statuses: [200, 401], fault: 'what was made cannot be read' });
  }

  private async expectStatus(plan: Plan, sent: Sent, { target, statuses, fault }: { target: string; statuses: readonly number[]; fault: string }): Promise<void> {
    const read = this.reader(target) ? await this.read(target, sent) : null;
    if (read && !statuses.includes(read.status)) this.note(plan, `${fault}: ${read.status}`, { sent, received: read });
  }

  private reader(path: string): Endpoint | undefined {
    return this.options.contract.endpoints.find((endpoint) => endpoint.method === 'GET' && new RegExp(`^${endpoint.path.replace(/\{\w+\}/g, '[^/]+')}$`).test(path));
  }

  private async read(target: string, { headers }: Sent): Promise<Received | null> {
    this.followUps += 1;
    const kept = Object.fromEntries(Object.entries(headers).filter(([name]) => ['authorization', 'x-organization-id'].includes(name)));
    return this.options.client.send({ method: 'GET', target, headers: kept, body: null }).catch(() => null);
  }

  private async malformed(): Promise<void> {
    for (const { name, bytes } of MALFORMED) {
      this.sent += 1;
      const fault = malformedFault(await this.options.client.sendBytes(bytes));
      if (fault) this.findings.set(name, { endpoint: '(no HTTP)', kind: name, fault, command: bytes.toString('latin1').slice(0, 300), answer: '', times: 1 });
    }
  }

  private fill(plan: Plan, params: Readonly<Record<string, string>>): Sent {
    const path = filled(plan.endpoint.split(' ')[1] ?? '', params);
    const authorization = this.options.people.authorization(plan.sender);
    const body = plan.body === null ? null : 'json' in plan.body ? Buffer.from(JSON.stringify(this.ids.fill(plan.body.json)) ?? 'null') : Buffer.from(plan.body.base64, 'base64');
    const headers = { ...(authorization ? { authorization } : {}), ...plan.headers };
    return { method: plan.method, target: asciiOnly(`${path}${this.ids.fillText(plan.query)}`), headers: body === null ? without(headers, 'content-type') : headers, body };
  }

  private note(plan: Plan, fault: string, { sent, received }: { sent: Sent; received: Received }): void {
    const key = `${plan.endpoint} ${fault.replace(/[0-9a-f]{8}-[0-9a-f-]{27}/g, '{id}').replace(/\d+/g, '#').slice(0, 160)}`;
    const known = this.findings.get(key);
    if (known) known.times += 1;
    else if (this.findings.size < MOST_FINDINGS) this.findings.set(key, { endpoint: plan.endpoint, kind: plan.kind, fault, command: curl(this.options.url, sent), answer: `${received.status} ${received.text.slice(0, 600)}`, times: 1 });
  }
}

/** Less is deleted than made, or there is soon nothing left to look at. */
function weightOf(endpoint: Endpoint): number {
  if (SLOW.test(endpoint.path) || SLOW.test(endpoint.name) || isSuicidal(endpoint)) return SLOW_SHARE;
  if (endpoint.method === 'DELETE') return DELETE_SHARE;
  return endpoint.method === 'POST' && '201' in endpoint.operation.responses ? CREATE_SHARE : 1;
}

function filled(path: string, params: Readonly<Record<string, string>>): string {
  return path.replace(/\{(\w+)\}/g, (_, name: string) => params[name] ?? '');
}

function without(headers: Record<string, string>, name: string): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).filter(([key]) => key !== name));
}

/** What node:http would not put on the wire is escaped. */
function asciiOnly(target: string): string {
  return target.replace(/[^\x21-\x7e]/gu, (character) => encodeURIComponent(wellFormed(character)));
}

function shuffled<Item>(items: Item[], seed: number): Item[] {
  let state = seed >>> 0;
  const random = (): number => ((state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0) / 2 ** 32);
  return items.map((item) => [random(), item] as const).sort(([a], [b]) => a - b).map(([, item]) => item);
}
