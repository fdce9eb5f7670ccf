import type { DataSource } from 'typeorm';

/** Moments that reading alone moves on. */
const MOVING = ['last_seen_at', 'last_used_at'];
/** Not what a request is about: who repeated what, and the queue's own book-keeping. */
const ASIDE = ['idempotency_keys', 'migrations', 'typeorm_metadata'];

/** A fingerprint of every table, to see whether anything was written. */
export class Snapshot {
  private constructor(private readonly sql: string) {}

  static async of(db: DataSource): Promise<Snapshot> {
    const tables = await db.query<{ name: string }[]>(`SELECT table_name AS name FROM information_schema.tables WHERE table_schema = 'public' AND table_type = 'BASE TABLE' AND table_name <> ALL($1)`, [ASIDE]);
    const parts = tables.map(({ name }) => `SELECT '${name}' AS name, count(*)::text || ':' || coalesce(sum(hashtextextended((to_jsonb(t)${MOVING.map((column) => ` - '${column}'`).join('')})::text, 0)::numeric), 0)::text AS state FROM "${name}" t`);
    return new Snapshot(parts.join(' UNION ALL '));
  }

  async take(db: DataSource): Promise<Map<string, string>> {
    const rows = await db.query<{ name: string; state: string }[]>(this.sql);
    return new Map(rows.map(({ name, state }) => [name, state]));
  }
}

/** Tables that differ. */
export function changedTables(before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>): string[] {
  return [...after].filter(([name, state]) => before.get(name) !== state).map(([name]) => name).sort();
}
