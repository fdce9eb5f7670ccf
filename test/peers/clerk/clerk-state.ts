import type { UserJSON } from '@clerk/backend';
import { Webhook } from 'standardwebhooks';
import { jwt, KeyRing, type Signing } from './keys';
import { clerkUser, type NewClerkUser } from './shapes';

/** One request and what became of it. */
export interface JournalEntry {
  readonly method: string;
  readonly path: string;
  readonly status: number;
  readonly apiVersion: string | null;
}

/** A misfortune for the next matching calls. */
export interface Fault {
  /** The path begins so; left out: every call. */
  readonly path?: string;
  /** How many calls; 1 when left out. */
  readonly times?: number;
  readonly status?: number;
  readonly delayMs?: number;
  /** Hang up without an answer. */
  readonly cut?: boolean;
  /** Answer with this in place of what would be right. */
  readonly body?: unknown;
}

export interface TokenWish {
  readonly sub: string;
  readonly sid?: string;
  /** Over the usual claims; undefined leaves one out. */
  readonly claims?: Readonly<Record<string, unknown>>;
  readonly header?: Readonly<Record<string, unknown>>;
  readonly signing?: Signing;
}

export interface SignedWebhook {
  readonly id: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface WebhookWish {
  readonly id?: string;
  /** When it is signed, and when it happened. */
  readonly at?: number;
  readonly secret?: string;
}

const TOKEN_SECONDS = 60;

/** Everything that the peer remembers. */
export class ClerkState {
  readonly keys = new KeyRing();
  readonly users = new Map<string, UserJSON>();
  readonly journal: JournalEntry[] = [];
  /** What the peer itself did wrong: an answer that is not Clerk's. */
  readonly violations: string[] = [];
  readonly secretKey = 'sk_test_peer0000000000000000000000000000000000';
  readonly issuer = 'https://clerk.local.test';
  readonly publishableKey = `pk_test_${Buffer.from('clerk.local.test$').toString('base64')}`;
  webhookSecret = `whsec_${Buffer.from('the clerk stand-in signs with it').toString('base64')}`;
  #faults: { fault: Fault; left: number }[] = [];
  #made = 0;

  addUser(person: NewClerkUser): UserJSON {
    const user = clerkUser(person.id ?? this.id('user'), person, Date.now());
    this.users.set(user.id, user);
    return user;
  }

  /** Changes a user; the time of its change grows. */
  changeUser(id: string, changes: Partial<UserJSON>): UserJSON {
    const user = this.users.get(id);
    if (!user) throw new Error(`no user ${id}`);
    const changed = { ...user, ...changes, updated_at: Math.max(Date.now(), user.updated_at + 1) };
    this.users.set(id, changed);
    return changed;
  }

  token({ sub, sid = this.id('sess'), claims = {}, header = {}, signing = {} }: TokenWish): string {
    const now = Math.floor(Date.now() / 1000);
    const usual = { azp: 'http://127.0.0.1:3000', exp: now + TOKEN_SECONDS, fva: [0, -1], iat: now, iss: this.issuer, nbf: now - 10, sid, sts: 'active', sub, v: 2 };
    const kid = 'key' in signing && signing.key ? signing.key.kid : this.keys.current.kid;
    return jwt({ alg: 'RS256', cat: 'cl_B7d4PD111AAA', kid, typ: 'JWT', ...header }, { ...usual, ...claims }, signing, this.keys);
  }

  webhook(type: string, data: object, { id = this.id('msg'), at = Date.now(), secret = this.webhookSecret }: WebhookWish = {}): SignedWebhook {
    const body = JSON.stringify({ data, event_attributes: { http_request: { client_ip: '203.0.113.7', user_agent: 'Mozilla/5.0' } }, instance_id: 'ins_peer', object: 'event', timestamp: at, type });
    const signature = new Webhook(secret).sign(id, new Date(at), body);
    return { id, body, headers: { 'content-type': 'application/json', 'svix-id': id, 'svix-timestamp': String(Math.floor(at / 1000)), 'svix-signature': signature } };
  }

  addFault(fault: Fault): void {
    this.#faults.push({ fault, left: fault.times ?? 1 });
  }

  /** The first waiting fault that fits, used up by one. */
  takeFault(path: string): Fault | null {
    const found = this.#faults.find(({ fault }) => path.startsWith(fault.path ?? ''));
    if (!found) return null;
    found.left -= 1;
    if (found.left <= 0) this.#faults = this.#faults.filter((other) => other !== found);
    return found.fault;
  }

  clearFaults(): void {
    this.#faults = [];
  }

  /** In the form of Clerk's ids. */
  id(kind: string): string {
    this.#made += 1;
    return `${kind}_peer${Date.now().toString(36)}${this.#made.toString(36).padStart(6, '0')}`;
  }
}
