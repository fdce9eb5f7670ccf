import type { EntityManager } from 'typeorm';

/** Deliveries that running transactions have written, by transaction. What rolls back is forgotten with it. */
const written = new WeakMap<EntityManager, string[]>();

/** Notes deliveries that shall be enqueued once the transaction is committed. */
export function noteDeliveries(tx: EntityManager, ids: readonly string[]): void {
  const known = written.get(tx);
  if (known) known.push(...ids);
  else written.set(tx, [...ids]);
}

/** What a transaction noted. */
export function notedDeliveries(tx: EntityManager): readonly string[] {
  return written.get(tx) ?? [];
}
