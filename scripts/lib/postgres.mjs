// PostgreSQL's own programs, told where to connect without a word of it in an argument list that other users could read.
import { spawnSync } from 'node:child_process';
import { stop } from './say.mjs';

/** The environment that pg_dump and pg_restore connect by. */
export function connection(databaseUrl) {
  if (!databaseUrl) stop('DATABASE_URL is not set.', 'It names the database, as for the processes: postgres://user:password@host:port/name');
  const url = new URL(databaseUrl);
  const given = { PGHOST: url.hostname, PGPORT: url.port || '5432', PGUSER: decodeURIComponent(url.username), PGPASSWORD: decodeURIComponent(url.password), PGDATABASE: decodeURIComponent(url.pathname.slice(1)) };
  const tls = url.searchParams.get('sslmode');
  return { ...process.env, ...given, ...(tls ? { PGSSLMODE: tls } : {}), PGAPPNAME: 'async-coder backup' };
}

/** Runs one of them; its own words are shown. A failure ends the process. */
export function run(program, args, env, { quiet = false } = {}) {
  const { status, error, stdout } = spawnSync(program, args, { env, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024, stdio: ['ignore', 'pipe', 'inherit'] });
  if (error?.code === 'ENOENT') stop(`${program} is not installed.`, `Install PostgreSQL's client programs, of the server's major version or newer: apt-get install postgresql-client`);
  if (status !== 0) stop(`${program} failed (${error?.message ?? `exit ${status}`}).`, 'Nothing was kept of this run.');
  if (!quiet) process.stdout.write(stdout);
  return stdout;
}
