import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { Client } from 'pg';
import { watchFor, type WatchedSecret } from './secret-forms';

/** Settings whose values nobody may read anywhere. */
const SECRET_SETTING = /(SECRET|KEY|KEK|KEK_PREVIOUS|TOKEN|PASSWORD)$/;
/** No secrets, whatever their names say. */
const PUBLIC_SETTINGS = ['CLERK_PUBLISHABLE_KEY', 'CLERK_JWT_KEY'];
const LARGEST_FILE = 64 * 1024 * 1024;
const ROWS_AT_ONCE = 500;

/** Looks for secrets where none may be: database, Redis, logs and other files, what was sent to others. */
export class SecretWatch {
  private readonly secrets = new Map<string, WatchedSecret>();
  private readonly hits = new Set<string>();

  add(name: string, value: string): void {
    this.secrets.set(value, { name, value });
  }

  get names(): string[] {
    return [...new Set([...this.secrets.values()].map(({ name }) => name))];
  }

  /** The secrets that a process was given in its environment. Nothing outside of Linux, or when the process is gone. */
  addEnvironmentOf(pid: number): void {
    const file = `/proc/${pid}/environ`;
    if (!existsSync(file)) return;
    for (const setting of readFileSync(file, 'utf8').split('\0')) {
      const [name = '', value = ''] = [setting.slice(0, setting.indexOf('=')), setting.slice(setting.indexOf('=') + 1)];
      const password = /^(DATABASE|REDIS)_URL$/.test(name) ? URL.parse(value)?.password : undefined;
      if (password) this.add(`password of ${name}`, password);
      else if (SECRET_SETTING.test(name) && !PUBLIC_SETTINGS.includes(name)) this.addLines(name, value);
    }
  }

  /** Every row of every table. */
  async searchDatabase(url: string): Promise<void> {
    const client = new Client({ connectionString: url });
    await client.connect();
    try {
      const { rows: tables } = await client.query<{ name: string }>(
        `SELECT quote_ident(table_schema) || '.' || quote_ident(table_name) AS name FROM information_schema.tables WHERE table_type = 'BASE TABLE' AND table_schema NOT IN ('pg_catalog', 'information_schema')`,
      );
      for (const { name } of tables) await this.searchTable(client, name);
    } finally {
      await client.end();
    }
  }

  async searchRedis(url: string): Promise<void> {
    const redis = new Redis(url);
    try {
      for (let cursor = '0', first = true; first || cursor !== '0'; first = false) {
        const [next, keys] = await redis.scan(cursor, 'COUNT', 500);
        for (const key of keys) this.search(`redis key ${key.replace(/[0-9a-f-]{36}/g, '*')}`, `${key}\n${(await redis.dumpBuffer(key))?.toString('latin1') ?? ''}`);
        cursor = next;
      }
    } finally {
      redis.disconnect();
    }
  }

  /** All files below a folder, but for what `isExpected` says may hold secrets. */
  searchFolder(folder: string, isExpected: (path: string) => boolean): void {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      const path = join(folder, entry.name);
      if (isExpected(path)) continue;
      if (entry.isDirectory()) this.searchFolder(path, isExpected);
      else if (entry.isFile() && statSync(path).size <= LARGEST_FILE) this.search(`file ${entry.name}`, readFileSync(path, 'latin1'));
    }
  }

  search(place: string, text: string): void {
    this.look ??= watchFor([...this.secrets.values()]);
    for (const name of this.look(text)) this.hits.add(`${place} holds ${name}`);
  }

  /** Begins to search: no secret can be added any more. Gives what was found, place by place. */
  get found(): string[] {
    return [...this.hits].sort();
  }

  private look: ((text: string) => string[]) | undefined;

  private async searchTable(client: Client, table: string): Promise<void> {
    await client.query('BEGIN');
    await client.query(`DECLARE every_row NO SCROLL CURSOR FOR SELECT t::text AS line FROM ${table} t`);
    for (;;) {
      const { rows } = await client.query<{ line: string }>(`FETCH ${ROWS_AT_ONCE} FROM every_row`);
      if (rows.length === 0) break;
      this.search(`table ${table}`, rows.map(({ line }) => line).join('\n'));
    }
    await client.query('COMMIT');
  }

  /** A private key is several lines, each of which says enough. */
  private addLines(name: string, value: string): void {
    const lines = value.split('\n').filter((line) => line.length >= 16 && !line.startsWith('-----'));
    for (const line of lines) this.add(name, line);
  }
}
