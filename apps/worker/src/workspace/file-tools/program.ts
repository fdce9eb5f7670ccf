// Runs inside the sandbox, as a single file under its Node: it imports nothing but Node's own modules. What it refuses is
// for the model's sake; nothing of value could be reached from here. The worker takes its answers as untrusted data.
// Tests run this file as it is: only types that Node can strip (no parameter properties, no enums).
import { spawn, type ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import { closeSync, constants, fstatSync, ftruncateSync, lstatSync, mkdirSync, openSync, readdirSync, readFileSync, readlinkSync, readSync, realpathSync, renameSync, unlinkSync, writeSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import type { RunReply, RunRequest, ToolReply, ToolRequest } from './protocol';

const ROOTS = ['/workspace/repo', '/workspace/scratch'];
const READ_MAX_BYTES = 32 * 1024 * 1024;
const running = new Set<ChildProcess>();

class Refusal extends Error {
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

function send(reply: ToolReply): void {
  process.stdout.write(`${JSON.stringify(reply)}\n`);
}

function isInside(path: string): boolean {
  return ROOTS.some((root) => path === root || path.startsWith(`${root}/`));
}

/** The absolute path, still with its links. */
function resolvePath(path: string): string {
  if (path.includes('\0') || path.length > 4_096) throw new Refusal('invalid_path', 'the path is not valid');
  if (path.split('/').includes('..')) throw new Refusal('invalid_path', `"${path}": ".." is not allowed in a path`);
  const absolute = posix.normalize(posix.isAbsolute(path) ? path : posix.join(ROOTS[0] ?? '', path)).replace(/(.)\/$/, '$1');
  if (!isInside(absolute)) throw new Refusal('denied', `"${path}" is outside of the repository`);
  return absolute;
}

/** As `resolvePath`, for a name that may be made, written or taken away: none of git's own. */
function resolveWritable(path: string): string {
  const absolute = resolvePath(path);
  if (isGits(absolute)) throw new Refusal('denied', `"${path}": files of .git may not be written`);
  return absolute;
}

function isGits(absolute: string): boolean {
  return absolute.toLowerCase().split('/').includes('.git');
}

function explain(error: unknown, path: string): Refusal {
  if (error instanceof Refusal) return error;
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'ENOENT') return new Refusal('not_found', `"${path}" does not exist`);
  if (code === 'ENOTDIR') return new Refusal('not_a_folder', `a part of "${path}" is not a folder`);
  if (code === 'EISDIR') return new Refusal('not_a_file', `"${path}" is a folder`);
  if (code === 'ELOOP' || code === 'ENAMETOOLONG' || code === 'EINVAL') return new Refusal('invalid_path', `"${path}" is not a usable path`);
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS' || code === 'ENXIO') return new Refusal('denied', `"${path}" may not be opened`);
  return new Refusal('denied', `"${path}": ${message}`);
}

/** Opens first and looks where it led afterwards: what is judged is what is used, whatever is swapped meanwhile. */
function openChecked(path: string, flags: number): number {
  const file = openSync(resolvePath(path), flags | constants.O_NONBLOCK | constants.O_NOCTTY);
  try {
    const stat = fstatSync(file);
    if (stat.isDirectory()) throw new Refusal('not_a_file', `"${path}" is a folder`);
    if (!stat.isFile()) throw new Refusal('not_a_file', `"${path}" is not an ordinary file`);
    if (!isInside(readlinkSync(`/proc/self/fd/${file}`))) throw new Refusal('denied', `"${path}" leads out of the repository`);
    return file;
  } catch (error) {
    closeSync(file);
    throw error;
  }
}

function readBytes(path: string, maxBytes: number): Buffer {
  const file = openChecked(path, constants.O_RDONLY);
  try {
    return bytesOf(file, path, maxBytes);
  } finally {
    closeSync(file);
  }
}

function bytesOf(file: number, path: string, maxBytes: number): Buffer {
  const { size } = fstatSync(file);
  if (size > maxBytes) throw new Refusal('too_large', `"${path}" has ${size} bytes; at most ${maxBytes} can be read`);
  const chunks: Buffer[] = [];
  for (let total = 0; total <= maxBytes; ) {
    const chunk = Buffer.alloc(Math.max(size - total, 0) + 4_096);
    const count = readSync(file, chunk, 0, chunk.length, total);
    if (count === 0) return Buffer.concat(chunks);
    chunks.push(chunk.subarray(0, count));
    total += count;
  }
  throw new Refusal('too_large', `"${path}" is growing`);
}

function hashOf(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

function textOf(bytes: Buffer, path: string): string {
  if (bytes.subarray(0, 8_000).includes(0)) throw new Refusal('binary', `"${path}" is a binary file`);
  return bytes.toString('utf8');
}

function read(request: Extract<ToolRequest, { op: 'read' }>): unknown {
  const bytes = readBytes(request.path, READ_MAX_BYTES);
  const all = textOf(bytes, request.path).split('\n');
  if (all.at(-1) === '') all.pop();
  const first = Math.max(1, request.fromLine);
  const lines: string[] = [];
  let room = request.maxBytes;
  for (const line of all.slice(first - 1, first - 1 + Math.max(0, request.maxLines))) {
    room -= Buffer.byteLength(line) + 1;
    if (room < 0 && lines.length > 0) break;
    lines.push(room < 0 ? Buffer.from(line).subarray(0, request.maxBytes).toString('utf8') : line);
    if (room < 0) break;
  }
  return { hash: hashOf(bytes), totalLines: all.length, fromLine: first, lines, truncated: room < 0 || first - 1 + lines.length < all.length };
}

function readWhole(request: Extract<ToolRequest, { op: 'readWhole' }>): unknown {
  const bytes = readBytes(request.path, request.maxBytes);
  const content = textOf(bytes, request.path);
  // Text that does not survive the way there and back would be damaged by an edit.
  if (!Buffer.from(content).equals(bytes)) throw new Refusal('binary', `"${request.path}" is not valid UTF-8`);
  return { content, hash: hashOf(bytes) };
}

function checkUnchanged(path: string, bytes: Buffer, expectedHash: string | null | undefined): void {
  if (hashOf(bytes) !== expectedHash) throw new Refusal('changed', `"${path}" has changed since it was read; read it again`);
}

function write(request: Extract<ToolRequest, { op: 'write' }>): unknown {
  const { path, content, expectedHash } = request;
  resolveWritable(path);
  const bytes = Buffer.from(content);
  const file = openForWriting(path, expectedHash);
  try {
    if (typeof expectedHash === 'string') checkUnchanged(path, bytesOf(file, path, READ_MAX_BYTES), expectedHash);
    ftruncateSync(file, 0);
    for (let done = 0; done < bytes.length; ) done += writeSync(file, bytes, done, bytes.length - done, done);
    return { hash: hashOf(bytes) };
  } finally {
    closeSync(file);
  }
}

function openForWriting(path: string, expectedHash: string | null | undefined): number {
  try {
    const file = openChecked(path, constants.O_RDWR);
    if (expectedHash !== null) return file;
    closeSync(file);
    throw new Refusal('exists', `"${path}" exists already`);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    if (typeof expectedHash === 'string') throw new Refusal('changed', `"${path}" does not exist any more`);
  }
  const absolute = resolvePath(path);
  mkdirSync(dirname(absolute), { recursive: true });
  checkFolder(absolute, path);
  return openSync(absolute, constants.O_RDWR | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW, 0o644);
}

/** The folder that an entry is made in or taken out of, wherever links lead. */
function checkFolder(absolute: string, path: string): void {
  const folder = realpathSync(dirname(absolute));
  if (!isInside(folder) || isGits(folder)) throw new Refusal('denied', `"${path}" leads out of the repository`);
}

/** An entry whose name may be taken away: a file or a link in a folder of ours, never one of git's. */
function removable(path: string): string {
  const absolute = resolveWritable(path);
  checkFolder(absolute, path);
  if (lstatSync(absolute).isDirectory()) throw new Refusal('not_a_file', `"${path}" is a folder`);
  return absolute;
}

function remove({ path, expectedHash }: Extract<ToolRequest, { op: 'remove' }>): unknown {
  const absolute = removable(path);
  checkUnchanged(path, readBytes(path, READ_MAX_BYTES), expectedHash);
  unlinkSync(absolute);
  return true;
}

function rename({ path, to }: Extract<ToolRequest, { op: 'rename' }>): unknown {
  const from = removable(path);
  const target = resolveWritable(to);
  mkdirSync(dirname(target), { recursive: true });
  checkFolder(target, to);
  if (lstatSync(target, { throwIfNoEntry: false })) throw new Refusal('exists', `"${to}" exists already`);
  renameSync(from, target);
  return true;
}

function list(request: Extract<ToolRequest, { op: 'list' }>): unknown {
  const absolute = resolvePath(request.path);
  if (!isInside(realpathSync(absolute))) throw new Refusal('denied', `"${request.path}" leads out of the repository`);
  if (!lstatSync(realpathSync(absolute)).isDirectory()) throw new Refusal('not_a_folder', `"${request.path}" is not a folder`);
  const names = readdirSync(absolute).filter((name) => !(absolute === ROOTS[0] && name === '.git')).sort();
  return names.slice(0, request.maxEntries).flatMap((name) => entryOf(absolute, name));
}

function entryOf(folder: string, name: string): unknown[] {
  const path = join(folder, name);
  const root = `${ROOTS[0] ?? ''}/`;
  try {
    const stat = lstatSync(path);
    const kind = stat.isSymbolicLink() ? 'link' : stat.isDirectory() ? 'folder' : 'file';
    return [{ path: path.startsWith(root) ? path.slice(root.length) : path, kind, sizeBytes: kind === 'file' ? stat.size : 0 }];
  } catch {
    return [];
  }
}

function run(id: number, request: RunRequest): void {
  const startedAt = performance.now();
  const [program = '', ...args] = request.argv;
  const child = spawn(program, args, { cwd: ROOTS[0], env: { ...request.env }, stdio: ['ignore', 'pipe', 'ignore'], detached: true });
  running.add(child);
  const output = new Output(id, request.maxOutputBytes);
  let killed: RunReply['killed'] = null;
  const end = (reason: RunReply['killed']): void => {
    killed ??= reason;
    killGroup(child);
  };
  child.stdout?.on('data', (chunk: Buffer) => {
    output.add(chunk);
    if (output.bytes > request.endOutputBytes) end('output');
  });
  const deadline = setTimeout(() => end('timeout'), request.timeoutMs);
  const finish = (exitCode: number | null): void => {
    clearTimeout(deadline);
    running.delete(child);
    if (running.size === 0) endStrays();
    const reply: RunReply = { exitCode: killed ? null : exitCode, outputBytes: output.bytes, tail: output.tail(), killed, durationMs: Math.round(performance.now() - startedAt) };
    send({ id, ok: reply });
  };
  child.once('error', (error) => {
    running.delete(child);
    clearTimeout(deadline);
    send({ id, error: { code: 'denied', message: error.message } });
  });
  child.once('exit', () => {
    // What the command left behind must not go on beside later commands, nor hold the pipes open.
    killGroup(child);
    if (running.size === 1 && running.has(child)) endStrays();
  });
  child.once('close', (code, signal) => finish(code ?? (signal ? 128 + 9 : null)));
}

/** Sends the first bytes as they come and keeps the last ones: errors stand at the end. */
class Output {
  bytes = 0;
  private readonly id: number;
  private readonly limit: number;
  private readonly head: number;
  private last: Buffer[] = [];
  private lastBytes = 0;

  constructor(id: number, limit: number) {
    this.id = id;
    this.limit = limit;
    this.head = Math.floor(limit * 0.4);
  }

  add(chunk: Buffer): void {
    const toHead = Math.max(0, Math.min(chunk.length, this.head - this.bytes));
    if (toHead > 0) send({ id: this.id, out: chunk.subarray(0, toHead).toString('base64') });
    this.bytes += chunk.length;
    if (toHead === chunk.length) return;
    this.last.push(chunk.subarray(toHead));
    this.lastBytes += chunk.length - toHead;
    const room = this.limit - this.head;
    if (this.lastBytes > room * 2 + 65_536) this.shorten(room);
  }

  tail(): string {
    this.shorten(this.limit - this.head);
    return (this.last[0] ?? Buffer.alloc(0)).toString('base64');
  }

  private shorten(room: number): void {
    const all = Buffer.concat(this.last);
    this.last = [Buffer.from(all.subarray(Math.max(0, all.length - room)))];
    this.lastBytes = this.last[0]?.length ?? 0;
  }
}

function killGroup(child: ChildProcess): void {
  try {
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
  } catch {
    // Already gone.
  }
}

/** Ends every process of the namespace but its first and this one, also those that left their group. */
function endStrays(): void {
  try {
    process.kill(-1, 'SIGKILL');
  } catch {
    // There were none.
  }
}

function serve(line: string): void {
  let id = 0;
  let path = '';
  try {
    const request = JSON.parse(line) as ToolRequest & { id: number };
    id = request.id;
    if (request.op === 'run') return run(id, request);
    path = request.path;
    const answer = { read, readWhole, write, remove, rename, list }[request.op] as (request: ToolRequest) => unknown;
    send({ id, ok: answer(request) });
  } catch (error) {
    const { code, message } = explain(error, path);
    send({ id, error: { code, message } });
  }
}

// `endStrays` would end everything on a machine where this process is not in a pid namespace of its own.
if (process.pid !== 2 || readFileSync('/proc/1/comm', 'latin1').trim() !== 'bwrap') throw new Error('this program runs only inside the sandbox');
let pending = '';
process.stdin.setEncoding('utf8');
process.stdin.on('data', (chunk: string) => {
  const lines = (pending + chunk).split('\n');
  pending = lines.pop() ?? '';
  for (const line of lines) serve(line);
});
process.stdin.on('end', () => process.exit(0));
send({ id: 0, ok: 'ready' });
