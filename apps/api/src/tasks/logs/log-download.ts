import { once } from 'node:events';
import { TaskLogStore, UnitOfWork, type LogQuery, type TaskLogRow } from '@app/domain';
import { Injectable } from '@nestjs/common';
import type { Response } from 'express';
import { LogLineResponse } from '../dto/log.dto';

const ROWS_PER_READ = 500;

export const LOG_FORMATS = ['application/x-ndjson', 'text/plain'] as const;
export type LogFormat = (typeof LOG_FORMATS)[number];

const LINES: Readonly<Record<LogFormat, (row: TaskLogRow) => string>> = {
  'application/x-ndjson': (row) => `${JSON.stringify(LogLineResponse.from(row))}\n`,
  'text/plain': ({ createdAt, level, source, message }) => `${createdAt.toISOString()} ${level.toUpperCase().padEnd(5)} ${source}: ${message.replace(/\n$/, '')}\n`,
};

/** All lines of a log, a page at a time, as fast as the reader takes them. */
@Injectable()
export class LogDownload {
  constructor(
    private readonly logs: TaskLogStore,
    private readonly unitOfWork: UnitOfWork,
  ) {}

  async answer(query: Omit<LogQuery, 'limit'>, format: LogFormat, response: Response): Promise<void> {
    response.setHeader('Content-Type', `${format}; charset=utf-8`);
    response.on('error', () => undefined);
    for (let { after } = query; !response.destroyed; ) {
      const rows = await this.logs.read(this.unitOfWork.reader, { ...query, after, limit: ROWS_PER_READ });
      if (rows.length > 0 && !response.write(rows.map(LINES[format]).join('')) && !response.destroyed) await Promise.race([once(response, 'drain'), once(response, 'close')]);
      if (rows.length < ROWS_PER_READ) break;
      after = rows.at(-1)?.seq ?? after;
    }
    response.end();
  }
}
