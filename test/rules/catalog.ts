// What PostgreSQL knows about a schema, as lines of text, so that two states can be compared piece by piece.
interface Queryable {
  query<T>(sql: string): Promise<T>;
}

const OURS = `n.nspname = 'public' AND c.relname NOT IN ('migrations', 'migrations_id_seq', 'migrations_pkey')`;

const PARTS: Readonly<Record<string, string>> = {
  tables: `SELECT concat_ws(' ', c.relkind, c.relname, c.reloptions::text, pg_get_partkeydef(c.oid), pg_get_expr(c.relpartbound, c.oid)) AS line
             FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE ${OURS} AND c.relkind NOT IN ('i', 'I')`,
  columns: `SELECT concat_ws(' ', c.relname, a.attnum, a.attname, format_type(a.atttypid, a.atttypmod), CASE WHEN a.attnotnull THEN 'not null' END,
                   'default ' || pg_get_expr(d.adbin, d.adrelid), 'identity ' || nullif(a.attidentity::text, ''), 'generated ' || nullif(a.attgenerated::text, ''),
                   'storage ' || a.attstorage::text, (SELECT 'collation ' || collname FROM pg_collation WHERE oid = a.attcollation)) AS line
              FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
              LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
             WHERE ${OURS} AND c.relkind IN ('r', 'p') AND a.attnum > 0 AND NOT a.attisdropped`,
  indexes: `SELECT pg_get_indexdef(c.oid) AS line FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE ${OURS} AND c.relkind IN ('i', 'I')`,
  constraints: `SELECT concat_ws(' ', c.relname, k.conname, pg_get_constraintdef(k.oid), CASE WHEN NOT k.convalidated THEN 'not valid' END) AS line
                  FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace WHERE ${OURS}`,
  triggers: `SELECT pg_get_triggerdef(t.oid) || t.tgenabled::text AS line
               FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace WHERE ${OURS} AND NOT t.tgisinternal`,
  functions: `SELECT pg_get_functiondef(p.oid) AS line FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE n.nspname = 'public'`,
  rest: `SELECT t.typtype::text || ' ' || t.typname AS line FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace WHERE n.nspname = 'public' AND t.typtype IN ('e', 'd')
         UNION ALL SELECT 'extension ' || extname FROM pg_extension WHERE extname <> 'plpgsql'`,
};

export type Catalog = Readonly<Record<string, readonly string[]>>;

export async function readCatalog(database: Queryable): Promise<Catalog> {
  const catalog: Record<string, string[]> = {};
  for (const [part, sql] of Object.entries(PARTS)) {
    const rows = await database.query<{ line: string }[]>(sql);
    catalog[part] = rows.map((row) => row.line).sort();
  }
  return catalog;
}

/** Names of keys, checks and indexes by table, as an entity must know them. */
export async function readNames(database: Queryable): Promise<Map<string, string[]>> {
  const rows = await database.query<{ table: string; name: string }[]>(
    `SELECT c.relname AS table, k.conname AS name FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace
      WHERE ${OURS} AND NOT c.relispartition AND k.contype IN ('p', 'u', 'f', 'c')
     UNION SELECT t.relname, c.relname FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_class t ON t.oid = i.indrelid JOIN pg_namespace n ON n.oid = c.relnamespace
      WHERE ${OURS} AND NOT t.relispartition AND NOT EXISTS (SELECT 1 FROM pg_constraint k WHERE k.conindid = c.oid AND k.contype IN ('p', 'u'))`,
  );
  const names = new Map<string, string[]>();
  for (const { table, name } of rows) names.set(table, [...(names.get(table) ?? []), name].sort());
  return names;
}
