// `npm run backup -- <file>`: one consistent dump of the database, checked that it can be read, with its checksum beside it. Writers go on meanwhile.
import { createHash } from 'node:crypto';
import { closeSync, createReadStream, existsSync, fsyncSync, openSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { connection, run } from './lib/postgres.mjs';
import { seconds, stop } from './lib/say.mjs';

const [name, ...rest] = process.argv.slice(2);
if (name === undefined || rest.length > 0) stop('Which file?', 'npm run backup -- <file>');
const file = resolve(name);
if (existsSync(file)) stop(`${file} is there already.`, 'A backup is never written over; name another file.');

const began = Date.now();
const partial = `${file}.partial`;
const env = connection(process.env.DATABASE_URL);
// Made before, for us alone: the dump holds everything that customers wrote.
closeSync(openSync(partial, 'w', 0o600));
process.on('exit', () => rmSync(partial, { force: true }));
// The queue's own tables are left out: work that waits is a row of ours, and the sweeper puts it into the queue again.
run('pg_dump', ['--format=custom', '--compress=6', '--no-owner', '--no-privileges', '--lock-wait-timeout=10s', '--exclude-schema=bullmq', `--file=${partial}`], env);
const tables = run('pg_restore', ['--list', partial], env, { quiet: true }).split('\n').filter((line) => / TABLE DATA /.test(line)).length;
if (tables === 0) stop('The dump holds no table.', 'Is DATABASE_URL the right database?');
const sum = await sha256(partial);
const handle = openSync(partial, 'r');
fsyncSync(handle);
closeSync(handle);
writeFileSync(`${file}.sha256`, `${sum}  ${file.split('/').at(-1)}\n`, { mode: 0o600 });
renameSync(partial, file);
process.stdout.write(`${file}: ${tables} tables, ${(statSync(file).size / 1024 / 1024).toFixed(1)} MiB, ${seconds(Date.now() - began)}\nThe key-encryption key (KEK) is not in it. Without it no secret in it opens: keep it elsewhere.\n`);

async function sha256(path) {
  const hash = createHash('sha256');
  for await (const bytes of createReadStream(path)) hash.update(bytes);
  return hash.digest('hex');
}
