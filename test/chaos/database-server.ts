import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { startPostgres, type RunningPostgres } from '../support/postgres';

const DATABASE = 'chaos';

/** A PostgreSQL that can fall over and come back where it was, with what was committed. */
export class DatabaseServer {
  private constructor(
    private readonly folder: string,
    private server: RunningPostgres,
  ) {}

  static async start(): Promise<DatabaseServer> {
    const folder = mkdtempSync(join(tmpdir(), 'async-coder-chaos-postgres-'));
    const server = await startPostgres({ folder, durable: true });
    await server.ensureDatabase(DATABASE);
    return new DatabaseServer(folder, server);
  }

  get url(): string {
    return this.server.url(DATABASE);
  }

  /** Another database of this server, made if it is missing. */
  async urlOf(database: string): Promise<string> {
    await this.server.ensureDatabase(database);
    return this.server.url(database);
  }

  /** As `pg_ctl stop -m immediate`: every session is cut, nothing is written, recovery at the next start. */
  async fall(): Promise<void> {
    const pidFile = join(this.folder, 'data', 'postmaster.pid');
    const pid = Number(readFileSync(pidFile, 'utf8').split('\n')[0]);
    process.kill(pid, 'SIGQUIT');
    for (const end = Date.now() + 30_000; existsSync(`/proc/${pid}`); await wait(20)) if (Date.now() > end) throw new Error('PostgreSQL did not fall');
    await this.server.stop();
  }

  /** Back on the same port. */
  async rise(): Promise<void> {
    this.server = await startPostgres({ folder: this.folder, durable: true, port: this.server.port });
  }

  async stop(): Promise<void> {
    await this.server.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
