import { setTimeout as pause } from 'node:timers/promises';
import { databaseUrl } from '@app/common';
import type { DataSource } from 'typeorm';
import { migrationSource } from './migrator';

const CONNECT_TRIES = 20;
const CONNECT_PAUSE_MS = 1_500;

/** Runs one command against DATABASE_URL and prints what it says. A failure is told on stderr, exit code 1. */
export async function command(work: (source: DataSource) => Promise<string>): Promise<void> {
  try {
    const source = await connected(migrationSource(databaseUrl()));
    try {
      process.stdout.write(`${await work(source)}\n`);
    } finally {
      await source.destroy();
    }
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  }
}

/** PostgreSQL may start at the same time as we do. Only that is waited for: a wrong password stays wrong. */
async function connected(source: DataSource): Promise<DataSource> {
  for (let tries = 1; ; tries++) {
    try {
      return await source.initialize();
    } catch (error) {
      const code = (error as { code?: string }).code ?? '';
      if (tries === CONNECT_TRIES || !['ECONNREFUSED', 'ECONNRESET', 'EAI_AGAIN', '57P03'].includes(code)) throw error;
      await pause(CONNECT_PAUSE_MS);
    }
  }
}
