import { randomUUID } from 'node:crypto';
import type { Received } from '../support/contract';
import { isIdOf, type IdOf, type Plan } from './plan';

/** Where something was found: values of the path above it, and its own id. */
interface Found {
  readonly above: Readonly<Record<string, string>>;
  readonly id: string;
}

const MOST_PER_PLACE = 200;
/** Fields whose values other requests need. */
const TOKENS = ['refreshToken', 'token'];

/** Ids that answers have shown, by the path that lists such things; for plans that need real ones. */
export class Ids {
  private readonly places = new Map<string, Found[]>();

  /** Remembers what an answer shows: the thing itself, or the rows of a list. */
  learn(path: string, params: Readonly<Record<string, string>>, received: Received): void {
    if (received.status >= 300 || !String(received.headers['content-type']).startsWith('application/json')) return;
    const body = JSON.parse(received.text) as { id?: unknown; data?: unknown };
    for (const name of TOKENS) {
      const token = (body as Record<string, unknown>)[name];
      if (typeof token === 'string') this.add(name, { above: {}, id: token });
    }
    const isOne = path.endsWith('}');
    const place = isOne ? path.slice(0, path.lastIndexOf('/')) : path;
    const rows = Array.isArray(body.data) ? (body.data as unknown[]) : [body];
    for (const row of rows) {
      const { id, userId } = (typeof row === 'object' && row !== null ? row : {}) as { id?: unknown; userId?: unknown };
      const own = id ?? userId;
      if (typeof own === 'string') this.add(place, { above: params, id: own });
    }
  }

  /** Everywhere, or where it is named. */
  forget(id: string, only?: string): void {
    for (const [place, found] of this.places) if (only === undefined || only === place) this.places.set(place, found.filter((one) => one.id !== id));
  }

  /** The ids of a plan's path: a thing and those above it belong together. */
  params(plan: Pick<Plan, 'params'>): Record<string, string> {
    const params: Record<string, string> = {};
    for (const [name, value] of Object.entries(plan.params).reverse()) {
      if (name in params) continue;
      const found = isIdOf(value) ? this.pick(value) : undefined;
      params[name] = isIdOf(value) ? (found?.id ?? randomUUID()) : value;
      for (const [above, id] of Object.entries(found?.above ?? {})) if (above in plan.params) params[above] ??= id;
    }
    return params;
  }

  fill(value: unknown): unknown {
    if (isIdOf(value)) return this.pick(value)?.id ?? randomUUID();
    if (Array.isArray(value)) return value.map((item) => this.fill(item));
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, this.fill(item)]));
  }

  fillText(text: string): string {
    return text.replace(/%24idOf%3A([^&]*?)%3A(\d+)/g, (_, place: string, pick: string) => this.pick({ $idOf: decodeURIComponent(place), pick: Number(pick) })?.id ?? randomUUID());
  }

  private pick({ $idOf, pick }: IdOf): Found | undefined {
    const found = this.places.get($idOf) ?? [];
    return found[found.length - 1 - (pick % Math.max(found.length, 1))];
  }

  private add(place: string, found: Found): void {
    const known = this.places.get(place) ?? [];
    if (known.some((one) => one.id === found.id)) return;
    this.places.set(place, [...known.slice(-MOST_PER_PLACE), found]);
  }
}
