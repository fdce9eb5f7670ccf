import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { sqlRows, storableJson, storableText } from '../sql';
import type { Tx } from '../unit-of-work';
import type { TaskLog } from './task-log.entity';
import { LOG_BATCH_ROWS, LOG_LINE_BYTES } from './tunables';

export interface NewLogLine {
  readonly level: TaskLog['level'];
  readonly source: TaskLog['source'];
  readonly stream?: TaskLog['stream'];
  /** Cut to 64 KiB. */
  readonly message: string;
  readonly metadata?: Readonly<Record<string, unknown>> | null;
}

export interface TaskLogRow {
  readonly seq: number;
  readonly attempt: number | null;
  readonly level: TaskLog['level'];
  readonly source: TaskLog['source'];
  readonly stream: TaskLog['stream'];
  readonly message: string;
  readonly metadata: Readonly<Record<string, unknown>> | null;
  readonly createdAt: Date;
}

export interface LogQuery {
  readonly organizationId: string;
  readonly taskId: string;
  /** Lines with a greater seq. */
  readonly after: number;
  readonly limit: number;
  /** At least this level. */
  readonly level?: TaskLog['level'];
  readonly source?: TaskLog['source'];
  /** Number of an attempt. */
  readonly attempt?: number;
  /** Text that the line contains, any case. */
  readonly q?: string;
}

const LEVELS: readonly TaskLog['level'][] = ['trace', 'debug', 'info', 'warn', 'error'];

/** Log lines of tasks, in monthly partitions. */
@Injectable()
export class TaskLogStore {
  /** Appends lines in the order given, in statements of at most 100 rows; returns the last `seq`, 0 when there were none. */
  async append(tx: Tx, taskId: string, attemptId: string | null, lines: readonly NewLogLine[]): Promise<number> {
    let last = 0;
    for (let from = 0; from < lines.length; from += LOG_BATCH_ROWS) {
      last = await this.appendBatch(tx, taskId, attemptId, lines.slice(from, from + LOG_BATCH_ROWS));
    }
    return last;
  }

  /** Lines by rising seq. */
  read(manager: EntityManager, query: LogQuery): Promise<TaskLogRow[]> {
    const levels = LEVELS.slice(LEVELS.indexOf(query.level ?? 'trace'));
    return sqlRows<TaskLogRow>(
      manager,
      `SELECT l.seq::integer, a.number AS attempt, l.level, l.source, l.stream, l.message, l.metadata, l.created_at
         FROM task_logs l JOIN tasks t ON t.id = l.task_id LEFT JOIN task_attempts a ON a.id = l.attempt_id
        WHERE l.task_id = $2 AND t.organization_id = $1 AND l.seq > $3 AND l.level = ANY($5::text[])
          AND ($6::text IS NULL OR l.source = $6) AND ($7::integer IS NULL OR a.number = $7) AND ($8::text IS NULL OR position(lower($8) IN lower(l.message)) > 0)
        ORDER BY l.seq LIMIT $4`,
      [query.organizationId, query.taskId, query.after, query.limit, levels, query.source ?? null, query.attempt ?? null, query.q ?? null],
    );
  }

  private async appendBatch(tx: Tx, taskId: string, attemptId: string | null, lines: readonly NewLogLine[]): Promise<number> {
    const rows = await sqlRows<{ seq: number }>(
      tx,
      `WITH c AS (UPDATE task_counters SET last_log_seq = last_log_seq + $8 WHERE task_id = $1 RETURNING last_log_seq)
       INSERT INTO task_logs (task_id, seq, attempt_id, level, source, stream, message, metadata)
       SELECT $1::uuid, c.last_log_seq - $8 + r.position, $2::uuid, r.level, r.source, r.stream, r.message, r.metadata
         FROM c, unnest($3::text[], $4::text[], $5::text[], $6::text[], $7::jsonb[]) WITH ORDINALITY AS r(level, source, stream, message, metadata, position)
       RETURNING seq::integer`,
      [
        taskId, attemptId, lines.map((line) => line.level), lines.map((line) => line.source), lines.map((line) => line.stream ?? null),
        lines.map((line) => cut(line.message)), lines.map((line) => (line.metadata ? storableJson(line.metadata) : null)), lines.length,
      ],
    );
    return Math.max(...rows.map((row) => row.seq));
  }
}

function cut(message: string): string {
  const text = storableText(message);
  const bytes = Buffer.from(text);
  if (bytes.length <= LOG_LINE_BYTES) return text;
  // Back to the start of a character, so that no half of one is kept.
  let end = LOG_LINE_BYTES;
  while (end > 0 && ((bytes[end] as number) & 0xc0) === 0x80) end--;
  return bytes.toString('utf8', 0, end);
}
