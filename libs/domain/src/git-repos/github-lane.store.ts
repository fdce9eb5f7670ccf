import { Injectable } from '@nestjs/common';
import { sqlChange, sqlRow } from '../sql';
import { UnitOfWork, type Tx } from '../unit-of-work';

/** A call that wants its turn in a lane. */
export interface LaneCall {
  readonly isWrite: boolean;
  readonly isCreation: boolean;
  readonly resource: string;
  readonly pass: string;
  readonly busyMs: number;
  readonly everyMs: number;
  readonly burst: number;
  readonly creationsAnHour: number;
}

/** What the other side said about our rate. */
export interface LaneNotice {
  readonly resource: string;
  readonly waitMs: number | null;
  readonly isRefusal: boolean;
  readonly firstWaitMs: number;
  readonly longestWaitMs: number;
}

/** How soon whoever waits for another process's write asks again. */
const BUSY_AGAIN_MS = 150;
/** How soon whoever found the hour full asks again. */
const FULL_AGAIN_MS = 60_000;
const IDLE_HOURS = 24;

/** One row for each lane is the meeting place of all processes; the database's clock is the only one that counts. */
@Injectable()
export class GithubLaneStore {
  constructor(private readonly work: UnitOfWork) {}

  /** Takes a place among the calls of a lane, or says how long there is none. One statement: the row is locked, looked at and moved on. */
  async ask(lane: string, call: LaneCall): Promise<{ waitMs: number; isBusy: boolean }> {
    return (await this.once(lane, call)) ?? (await this.begin(lane, call));
  }

  async leave(lane: string, pass: string): Promise<void> {
    await sqlChange(this.work.reader, 'UPDATE github_lanes SET writer = NULL, writer_until = NULL WHERE name = $1 AND writer = $2', [lane, pass]);
  }

  /** Keeps the lane closed, and returns for how long. */
  async close(lane: string, { resource, waitMs, isRefusal, firstWaitMs, longestWaitMs }: LaneNotice): Promise<number> {
    const row = await sqlRow<{ ms: number }>(
      this.work.reader,
      `WITH said AS (SELECT n.*, least($5::numeric, $4::numeric * power(2, least(20, greatest(0, n.refusals - 1)))) AS grown FROM (
         SELECT coalesce((SELECT refusals FROM github_lanes WHERE name = $1), 0) + $6::integer AS refusals, extract(epoch FROM clock_timestamp()) * 1000 AS at) n)
       INSERT INTO github_lanes AS l (name, refusals, closed_until) SELECT $1, refusals, jsonb_build_object($2::text, ceil(at + coalesce($3::numeric, grown))) FROM said
       ON CONFLICT (name) DO UPDATE SET refusals = l.refusals + $6::integer, used_at = now(),
         closed_until = l.closed_until || jsonb_build_object($2::text, greatest((l.closed_until ->> $2)::numeric, (EXCLUDED.closed_until ->> $2)::numeric))
       RETURNING greatest(0, ((closed_until ->> $2)::numeric - extract(epoch FROM clock_timestamp()) * 1000))::float8 AS ms`,
      [lane, resource, waitMs, firstWaitMs, longestWaitMs, isRefusal ? 1 : 0],
    );
    return row?.ms ?? 0;
  }

  async open(lane: string): Promise<void> {
    await sqlChange(this.work.reader, 'UPDATE github_lanes SET refusals = 0 WHERE name = $1 AND refusals > 0', [lane]);
  }

  /** Forgets lanes that nobody used for a day: nothing that they know holds so long. */
  forgetIdle(tx: Tx, limit: number): Promise<number> {
    return sqlChange(tx, `DELETE FROM github_lanes WHERE name IN (SELECT name FROM github_lanes WHERE used_at < now() - make_interval(hours => ${IDLE_HOURS}) ORDER BY used_at LIMIT $1 FOR UPDATE SKIP LOCKED)`, [limit]);
  }

  private async begin(lane: string, call: LaneCall): Promise<{ waitMs: number; isBusy: boolean }> {
    await sqlChange(this.work.reader, 'INSERT INTO github_lanes (name) VALUES ($1) ON CONFLICT (name) DO NOTHING RETURNING 1', [lane]);
    const answer = await this.once(lane, call);
    if (!answer) throw new Error('a lane went away while it was asked');
    return answer;
  }

  private async once(lane: string, { isWrite, isCreation, resource, pass, busyMs, everyMs, burst, creationsAnHour }: LaneCall): Promise<{ waitMs: number; isBusy: boolean } | null> {
    const row = await sqlRow<{ limitMs: number; isBusy: boolean }>(this.work.reader, ASK, [lane, isWrite, isCreation, resource, pass, busyMs, everyMs, burst, creationsAnHour]);
    if (!row) return null;
    if (row.limitMs > 0) return { waitMs: row.limitMs, isBusy: false };
    return { waitMs: row.isBusy ? BUSY_AGAIN_MS : 0, isBusy: row.isBusy };
  }
}

const ASK = `
WITH lane AS (SELECT * FROM github_lanes WHERE name = $1 FOR NO KEY UPDATE),
timed AS MATERIALIZED (SELECT lane.*, clock_timestamp() AS at FROM lane),
counted AS (
  SELECT timed.*, hours, CASE WHEN hours = 0 THEN made ELSE 0 END AS now_made, CASE hours WHEN 0 THEN made_before WHEN 1 THEN made ELSE 0 END AS now_before,
    CASE WHEN hours > 1 THEN at ELSE counted_from + make_interval(hours => hours) END AS now_from, CASE WHEN $2 THEN write_due_at ELSE read_due_at END AS due_at
  FROM timed, LATERAL (SELECT least(2, floor(extract(epoch FROM at - counted_from) / 3600))::integer AS hours) h),
seen AS (
  SELECT counted.*, $2 AND writer IS NOT NULL AND writer <> $5::uuid AND writer_until > at AS is_busy,
    greatest(0,
      greatest((closed_until ->> 'all')::numeric, (closed_until ->> $4)::numeric) - extract(epoch FROM at) * 1000,
      CASE WHEN $7::integer > 0 THEN extract(epoch FROM due_at - at) * 1000 - $7::integer * $8::integer END,
      CASE WHEN $3 AND now_made + now_before * greatest(0, 1 - extract(epoch FROM at - now_from) / 3600) >= $9::integer THEN ${FULL_AGAIN_MS} END) AS limit_ms
  FROM counted),
moved AS (
  UPDATE github_lanes l SET used_at = seen.at, made = now_made + CASE WHEN $3 THEN 1 ELSE 0 END, made_before = now_before, counted_from = now_from,
    read_due_at = CASE WHEN $2 THEN l.read_due_at ELSE greatest(seen.at, l.read_due_at) + make_interval(secs => $7::integer / 1000.0) END,
    write_due_at = CASE WHEN $2 THEN greatest(seen.at, l.write_due_at) + make_interval(secs => $7::integer / 1000.0) ELSE l.write_due_at END,
    writer = CASE WHEN $2 THEN $5::uuid ELSE l.writer END, writer_until = CASE WHEN $2 THEN seen.at + make_interval(secs => $6::integer / 1000.0) ELSE l.writer_until END
  FROM seen WHERE l.name = seen.name AND seen.limit_ms = 0 AND NOT seen.is_busy)
SELECT ceil(limit_ms)::float8 AS limit_ms, is_busy FROM seen`;
