import type { MigrationInterface, QueryRunner } from 'typeorm';
import { withShortLocks } from './short-locks';

/** Ids are UUIDv7, so the first id of a month bounds what was made in it. */
const FUNCTIONS = String.raw`
CREATE OR REPLACE FUNCTION first_id_at(at timestamptz) RETURNS uuid LANGUAGE sql STABLE STRICT PARALLEL SAFE AS $$
  SELECT (lpad(to_hex(floor(extract(epoch FROM at) * 1000)::bigint), 12, '0') || '00000000000000000000')::uuid
$$;

CREATE OR REPLACE FUNCTION task_event_partitions() RETURNS TABLE (name text, from_id uuid, to_id uuid) LANGUAGE sql STABLE AS $$
  SELECT c.relname::text, substring(b.bound FROM 'FROM \(''([0-9a-f-]{36})''\)')::uuid, substring(b.bound FROM 'TO \(''([0-9a-f-]{36})''\)')::uuid
    FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid, LATERAL (SELECT pg_get_expr(c.relpartbound, c.oid) AS bound) b
   WHERE i.inhparent = 'task_events'::regclass AND b.bound <> 'DEFAULT'
$$;

CREATE OR REPLACE FUNCTION ensure_task_event_partitions(months_ahead integer DEFAULT 3) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE m timestamptz; lo uuid; hi uuid; n integer := 0; part text;
BEGIN
  FOR i IN 0..months_ahead LOOP
    m := (date_trunc('month', now() AT TIME ZONE 'UTC') + make_interval(months => i)) AT TIME ZONE 'UTC';
    lo := first_id_at(m);
    hi := first_id_at(((m AT TIME ZONE 'UTC') + interval '1 month') AT TIME ZONE 'UTC');
    part := 'task_events_' || to_char(m AT TIME ZONE 'UTC', 'YYYY_MM');
    CONTINUE WHEN EXISTS (SELECT 1 FROM task_event_partitions() p WHERE (p.from_id IS NULL OR p.from_id <= lo) AND p.to_id > lo);
    -- Made by itself and then attached: that lets everybody read and write the other partitions meanwhile.
    EXECUTE format('CREATE TABLE %I (LIKE task_events INCLUDING DEFAULTS INCLUDING CONSTRAINTS)', part);
    EXECUTE format('ALTER TABLE task_events ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)', part, lo, hi);
    n := n + 1;
  END LOOP;
  RETURN n;
END $$;

-- Drops the oldest partition of tasks that were made before the months to keep, one a call. Tasks that have not ended keep their events: these move to the
-- default partition. A month with more of them than the limit stays as it is.
CREATE OR REPLACE FUNCTION drop_task_event_partitions(keep_months integer, most_rows_to_move integer DEFAULT 5000) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE p record; n integer := 0; kept bigint; open_rows text;
  oldest uuid := first_id_at((date_trunc('month', now() AT TIME ZONE 'UTC') - make_interval(months => keep_months)) AT TIME ZONE 'UTC');
BEGIN
  FOR p IN SELECT * FROM task_event_partitions() WHERE to_id <= oldest ORDER BY to_id LOOP
    open_rows := format('FROM tasks t JOIN %I e ON e.task_id = t.id WHERE t.completed_at IS NULL AND t.id < %L AND t.id >= %L', p.name, p.to_id, coalesce(p.from_id, '00000000-0000-0000-0000-000000000000'));
    EXECUTE format('SELECT count(*) FROM (SELECT 1 %s LIMIT %s) s', open_rows, most_rows_to_move + 1) INTO kept;
    IF kept > most_rows_to_move THEN
      RAISE WARNING '% stays: more than % of its events are of tasks that have not ended', p.name, most_rows_to_move;
      CONTINUE;
    END IF;
    -- In the order in which a task's transactions take them.
    LOCK TABLE tasks, task_attempts IN SHARE ROW EXCLUSIVE MODE;
    LOCK TABLE task_events IN ACCESS EXCLUSIVE MODE;
    EXECUTE format('ALTER TABLE task_events DETACH PARTITION %I', p.name);
    EXECUTE format('INSERT INTO task_events (task_id, seq, attempt_id, type, data, internal, created_at) SELECT e.task_id, e.seq, e.attempt_id, e.type, e.data, e.internal, e.created_at %s', open_rows);
    EXECUTE format('DROP TABLE %I', p.name);
    n := 1;
    EXIT;
  END LOOP;
  -- What moved there for a task that has ended since.
  DELETE FROM task_events_default d USING (
    SELECT x.task_id, x.seq FROM task_events_default x JOIN tasks t ON t.id = x.task_id
     WHERE x.task_id < oldest AND t.completed_at < now() - interval '30 days' LIMIT most_rows_to_move) gone
   WHERE d.task_id = gone.task_id AND d.seq = gone.seq;
  RETURN n;
END $$;
`;

/** The table as it is, under the names that errors and entities know, but divided. */
const DIVIDED = String.raw`
CREATE TABLE task_events (
  task_id    uuid NOT NULL,
  seq        bigint NOT NULL CONSTRAINT task_events_seq_check CHECK (seq > 0),
  attempt_id uuid,
  type       text NOT NULL CONSTRAINT task_events_type_check CHECK (type ~ '^[a-z][a-z_]*(\.[a-z][a-z_]*)?$' AND char_length(type) <= 64),
  data       jsonb NOT NULL DEFAULT '{}'::jsonb,
  internal   jsonb,
  created_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT task_events_pkey PRIMARY KEY (task_id, seq),
  CONSTRAINT task_events_task_id_fkey FOREIGN KEY (task_id) REFERENCES tasks(id) ON DELETE CASCADE,
  CONSTRAINT task_events_attempt_id_fkey FOREIGN KEY (attempt_id) REFERENCES task_attempts(id) ON DELETE SET NULL
) PARTITION BY RANGE (task_id);
CREATE INDEX task_events_attempt_idx ON task_events (attempt_id) WHERE attempt_id IS NOT NULL;
CREATE INDEX task_events_verify_idx ON task_events (task_id, seq DESC) WHERE type = 'verify';
`;

/** The same in one piece, with names that are free: for the way back when the first partition is gone. */
const UNDIVIDED = DIVIDED.replaceAll(/\bON task_events\b|\bTABLE task_events\b/g, '$&_history')
  .replaceAll(/task_events_(pkey|task_id_fkey|attempt_id_fkey|attempt_idx|verify_idx)/g, 'task_events_history_$1')
  .replace(' PARTITION BY RANGE (task_id)', '');

/** Of the whole table's constraints and indexes: the old one keeps what it has, under another name. */
const NAMES = {
  constraint: ['pkey', 'task_id_fkey', 'attempt_id_fkey'],
  index: ['attempt_idx', 'verify_idx'],
};

/** The rows so far become the first partition, for all ids up to a month that has not begun: none is copied, none is read while others wait. */
export class EventPartitions1764000056000 implements MigrationInterface {
  readonly name = 'EventPartitions1764000056000';
  readonly transaction = false;

  async up(runner: QueryRunner): Promise<void> {
    if (await isDivided(runner)) return;
    await runner.query(FUNCTIONS);
    const bound = await this.announce(runner);
    await runner.query('ALTER TABLE task_events VALIDATE CONSTRAINT task_events_history_ck');
    await withShortLocks(runner, () => this.divide(runner, bound));
  }

  /** What was written since in other partitions goes back into one table. */
  async down(runner: QueryRunner): Promise<void> {
    await runner.query('LOCK TABLE tasks, task_attempts, task_events IN ACCESS EXCLUSIVE MODE');
    const history = await runner.manager.query<{ found: string | null }[]>(`SELECT to_regclass('task_events_history')::text AS found`);
    if (history[0]?.found == null) await runner.query(UNDIVIDED);
    else await runner.query('ALTER TABLE task_events DETACH PARTITION task_events_history');
    await runner.query('INSERT INTO task_events_history SELECT * FROM task_events');
    await runner.query('DROP TABLE task_events');
    await runner.query('ALTER TABLE task_events_history RENAME TO task_events');
    for (const change of renames('task_events_history', 'task_events', 'task_events')) await runner.query(change);
    await runner.query('DROP FUNCTION drop_task_event_partitions(integer, integer), ensure_task_event_partitions(integer), task_event_partitions(), first_id_at(timestamptz)');
  }

  /**
   * From the start of the month after next on, ids go elsewhere: so far away that no task is made beyond it while this runs. An earlier run that was
   * stopped may have said so before.
   */
  private async announce(runner: QueryRunner): Promise<string> {
    const known = await runner.manager.query<{ bound: string | null }[]>(
      `SELECT substring(pg_get_constraintdef(oid) FROM '[0-9a-f-]{36}') AS bound FROM pg_constraint WHERE conrelid = 'task_events'::regclass AND conname = 'task_events_history_ck'`,
    );
    if (known[0]?.bound != null) return known[0].bound;
    const rows = await runner.manager.query<{ bound: string }[]>(`SELECT first_id_at((date_trunc('month', now() AT TIME ZONE 'UTC') + interval '2 months') AT TIME ZONE 'UTC')::text AS bound`);
    const bound = (rows[0] as { bound: string }).bound;
    await withShortLocks(runner, async () => void (await runner.query(`ALTER TABLE task_events ADD CONSTRAINT task_events_history_ck CHECK (task_id < '${bound}') NOT VALID`)));
    return bound;
  }

  private async divide(runner: QueryRunner, bound: string): Promise<void> {
    // In the order in which a task's transactions take them.
    await runner.query('LOCK TABLE tasks, task_attempts, task_events IN ACCESS EXCLUSIVE MODE');
    await runner.query('ALTER TABLE task_events RENAME TO task_events_history');
    for (const change of renames('task_events', 'task_events_history', 'task_events_history')) await runner.query(change);
    await runner.query(DIVIDED);
    await runner.query(`ALTER TABLE task_events ATTACH PARTITION task_events_history FOR VALUES FROM (MINVALUE) TO ('${bound}')`);
    await runner.query('ALTER TABLE task_events_history DROP CONSTRAINT task_events_history_ck');
    await runner.query('CREATE TABLE task_events_default PARTITION OF task_events DEFAULT');
    await runner.query('SELECT ensure_task_event_partitions(3)');
  }
}

function renames(from: string, to: string, table: string): string[] {
  return [
    ...NAMES.constraint.map((name) => `ALTER TABLE ${table} RENAME CONSTRAINT ${from}_${name} TO ${to}_${name}`),
    ...NAMES.index.map((name) => `ALTER INDEX ${from}_${name} RENAME TO ${to}_${name}`),
  ];
}

async function isDivided(runner: QueryRunner): Promise<boolean> {
  const rows = await runner.manager.query<{ kind: string }[]>(`SELECT relkind::text AS kind FROM pg_class WHERE oid = 'task_events'::regclass`);
  return rows[0]?.kind === 'p';
}
