import { AsyncLocalStorage } from 'node:async_hooks';
import { isIP } from 'node:net';
import type { AuditLog } from './audit-log.entity';

/** Who does what is being done. Known at the edge, needed where the rows are written. */
export interface Actor {
  readonly type: AuditLog['actorType'];
  /** A user's id, a personal access token's id, a vendor's name, or null for nobody in particular. */
  readonly id: string | null;
  readonly ipAddress: string | null;
  readonly userAgent: string | null;
  readonly requestId: string | null;
}

const NOBODY: Actor = { type: 'system', id: null, ipAddress: null, userAgent: null, requestId: null };
const storage = new AsyncLocalStorage<{ actor: Actor }>();

/** Runs `work`; audit rows written inside name this actor. */
export function withActor<T>(actor: Actor, work: () => T): T {
  return storage.run({ actor }, work);
}

/** Replaces the actor of the running work: a guard has learnt who calls. Outside of `withActor` it does nothing. */
export function becomeActor(who: Pick<Actor, 'type' | 'id'>): void {
  const scope = storage.getStore();
  if (scope) scope.actor = { ...scope.actor, ...who };
}

/** The actor in force; the system itself where none was set. */
export function currentActor(): Actor {
  return storage.getStore()?.actor ?? NOBODY;
}

/** An address as its column takes it. What a proxy forwards may be a word, carry a port, or name an interface: nothing to refuse a request for. */
export function storableAddress(text: string | null): string | null {
  return text !== null && isIP(text) !== 0 && !text.includes('%') ? text : null;
}
