// `npm run restore -- <file>`: puts a dump of `npm run backup` into an empty database.
import { createHash } from 'node:crypto';
import { createReadStream, existsSync, readFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { resolve } from 'node:path';
import pg from 'pg';
import { connection, run } from './lib/postgres.mjs';
import { seconds, stop } from './lib/say.mjs';

const [name, ...rest] = process.argv.slice(2);
if (name === undefined || rest.length > 0) stop('Which file?', 'npm run restore -- <file>');
const file = resolve(name);
if (!existsSync(file)) stop(`${file} is not there.`, 'Name a file that npm run backup wrote.');
const told = existsSync(`${file}.sha256`) ? readFileSync(`${file}.sha256`, 'utf8').split(' ')[0] : stop(`${file}.sha256 is not there.`, 'It is kept beside the dump; without it nobody knows whether the dump is whole.');
const hash = createHash('sha256');
for await (const bytes of createReadStream(file)) hash.update(bytes);
if (hash.digest('hex') !== told) stop('The dump is not what was written: its checksum differs.', 'Take another copy.');

const began = Date.now();
const env = connection(process.env.DATABASE_URL);
const client = new pg.Client({ connectionString: process.env.DATABASE_URL });
await client.connect();
const { rows } = await client.query(`SELECT count(*)::integer AS n FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p')`);
if (rows[0].n > 0) {
  await client.end();
  stop(`The database has ${rows[0].n} tables.`, 'A backup is put into an empty database only: CREATE DATABASE … TEMPLATE template0, and let DATABASE_URL name that.');
}
run('pg_restore', ['--exit-on-error', '--no-owner', '--no-privileges', `--jobs=${Math.min(8, cpus().length)}`, `--dbname=${env.PGDATABASE}`, file], env);
await client.query('ANALYZE');
const { rows: last } = await client.query('SELECT name FROM migrations ORDER BY id DESC LIMIT 1');
await client.end();
process.stdout.write(`Restored in ${seconds(Date.now() - began)}, schema ${last[0].name}.\nNext: npm run db:migrate, npm run reconcile, and start the processes with the KEK of the backup.\n`);
