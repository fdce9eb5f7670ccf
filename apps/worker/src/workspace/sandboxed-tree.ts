import { AppError, type Logger } from '@app/common';
import { Tree, WorkspaceError, type ExecOptions, type ExecResult, type FileEntry, type FileSlice, type FileTags, type SearchMatch } from '@app/agent';
import type { SandboxDoor } from '../egress/sandbox-door';
import type { Bubblewrap } from '../sandbox/bubblewrap';
import type { SandboxSpec } from '../sandbox/sandbox-spec';
import { SANDBOX_PATHS } from '../sandbox/sandbox-spec';
import { SANDBOX_UNAVAILABLE } from '../sandbox/sandbox.errors';
import { sizeOnDisk, type FolderSize } from '../sandbox/sandbox-watchdog';
import { joinOutput, keptBytes, parseRunReply } from './file-tools/exec-output';
import { FileToolSession, SandboxEndedError, ToolRefusal } from './file-tools/file-tool-session';
import { pathspecs } from './file-tools/pathspec';
import { REPO, SCRATCH, type RunRequest, type ToolRequest } from './file-tools/protocol';
import { DEPENDENCY_ENV } from './set-up/dependency-env';
import { checkEntries, checkHash, checkSlice, checkWhole, matchesOf } from './file-tools/tool-answers';

/** What every command of the agent finds in its environment; nothing of ours. */
const COMMAND_ENV: Readonly<Record<string, string>> = {
  PATH: SANDBOX_PATHS.path, HOME: '/workspace/home', USER: 'agent', TMPDIR: '/tmp', LANG: 'C.UTF-8', TERM: 'dumb', PAGER: 'cat', GIT_PAGER: 'cat', CI: 'true',
  ...DEPENDENCY_ENV, GIT_TERMINAL_PROMPT: '0', GIT_AUTHOR_NAME: 'agent', GIT_AUTHOR_EMAIL: 'agent@sandbox', GIT_COMMITTER_NAME: 'agent', GIT_COMMITTER_EMAIL: 'agent@sandbox',
};
/** The file tools ask a repository that the agent cannot change, so they work whatever it does to its own. */
const GIT_ENV: Readonly<Record<string, string>> = { ...COMMAND_ENV, GIT_DIR: '/opt/async-coder/seed.git', GIT_WORK_TREE: REPO, GIT_OPTIONAL_LOCKS: '0', GIT_CONFIG_NOSYSTEM: '1', GIT_CONFIG_GLOBAL: '/dev/null' };

const READ_BYTES = 256 * 1024;
const WHOLE_BYTES = 1024 * 1024;
const MAX_ENTRIES = 5_000;
const MAX_SEARCH_BYTES = 5 * 1024 * 1024;
const SEARCH_MS = 30_000;
const FILE_OPERATION_MS = 30_000;
/** One pipe for both outputs: two would lose the order of what was written. */
const MERGED = ['bash', '-c', 'exec bash -c "$1" 2>&1', 'bash'] as const;
/** A command may write more than is kept, but not without end. */
const ENDLESS_BYTES = 64 * 1024 * 1024;
/** The program inside keeps the deadline; if it was tampered with, the sandbox is ended this much later. */
const BACKSTOP_MS = 3_000;

export interface TreeSetting {
  readonly bubblewrap: Bubblewrap;
  readonly logger: Logger;
  /** The sandbox without its command. */
  readonly spec: Omit<SandboxSpec, 'command'>;
  /** Host path of the program that serves the file tools. */
  readonly program: string;
  /** A door to the network for its commands. */
  readonly door?: SandboxDoor;
  /** Environment of its commands beside the usual. */
  readonly env?: Readonly<Record<string, string>>;
  /** Parses source files of this checkout, in a sandbox of its own. */
  readonly tagger: (paths: readonly string[], signal: AbortSignal) => Promise<FileTags[]>;
}

/** A checkout in a sandbox of its own, started at first use and again when a limit ended it. */
export class SandboxedTree extends Tree {
  /** Counts what may have changed the files: unchanged means that a checkpoint would be the same. */
  changes = 0;
  private starting: Promise<FileToolSession> | null = null;
  private tolerated: FolderSize = { bytes: 0, files: 0 };
  private closed = false;

  constructor(private readonly setting: TreeSetting) {
    super();
  }

  /** How its sandbox is made, without the command. */
  get spec(): TreeSetting['spec'] {
    return this.setting.spec;
  }

  async read(path: string, fromLine: number, maxLines: number): Promise<FileSlice> {
    return checkSlice(await this.ask({ op: 'read', path, fromLine, maxLines, maxBytes: READ_BYTES }), maxLines);
  }

  async readWhole(path: string): Promise<{ content: string; hash: string }> {
    return checkWhole(await this.ask({ op: 'readWhole', path, maxBytes: WHOLE_BYTES }));
  }

  async list(path: string): Promise<FileEntry[]> {
    return checkEntries(await this.ask({ op: 'list', path: path === '' ? '.' : path, maxEntries: MAX_ENTRIES }), MAX_ENTRIES);
  }

  async write(path: string, content: string, expectedHash?: string | null): Promise<{ hash: string }> {
    this.changes++;
    return { hash: checkHash(await this.ask({ op: 'write', path, content, expectedHash })) };
  }

  async remove(path: string, expectedHash: string): Promise<void> {
    this.changes++;
    await this.ask({ op: 'remove', path, expectedHash });
  }

  async rename(path: string, to: string): Promise<void> {
    this.changes++;
    await this.ask({ op: 'rename', path, to });
  }

  tags(paths: readonly string[], signal: AbortSignal): Promise<FileTags[]> {
    return this.setting.tagger(paths, signal);
  }

  async spill(name: string, content: string): Promise<string> {
    const path = `${SCRATCH}/out/${name.replace(/[^A-Za-z0-9._-]/g, '_').replace(/^\.+/, '').slice(-100) || 'output'}`;
    await this.ask({ op: 'write', path, content });
    return path;
  }

  async search(query: { pattern: string; path?: string; glob?: string; ignoreCase?: boolean; maxMatches: number }): Promise<{ matches: SearchMatch[]; truncated: boolean }> {
    const flags = query.ignoreCase ? ['-i'] : [];
    const argv = ['git', '--no-pager', 'grep', '--untracked', '-nEIz', '--no-color', '--full-name', ...flags, '-e', query.pattern, '--', ...pathspecs(query.glob, relativeTo(query.path))];
    const { exitCode, head, complete } = await this.git(argv);
    if (exitCode === 128 || exitCode === 2) throw new WorkspaceError('invalid_path', 'The search failed: the pattern is not a valid extended regular expression, or the path is not in the repository.');
    const found = matchesOf(head, query.maxMatches + 1);
    return { matches: found.slice(0, query.maxMatches), truncated: !complete || found.length > query.maxMatches };
  }

  async glob(pattern: string, maxPaths: number): Promise<{ paths: string[]; truncated: boolean }> {
    const specs = pathspecs(pattern, undefined);
    const listing = (flags: string[]): Promise<{ head: string; complete: boolean }> => this.git(['git', 'ls-files', '-z', ...flags, '--', ...specs]);
    const [there, deleted] = await Promise.all([listing(['-co', '--exclude-standard', '--deduplicate']), listing(['-d'])]);
    const gone = new Set(deleted.head.split('\0'));
    const paths = there.head.split('\0').slice(0, -1).filter((path) => !gone.has(path)).sort();
    return { paths: paths.slice(0, maxPaths), truncated: !there.complete || paths.length > maxPaths };
  }

  async exec(command: string, options: ExecOptions, signal: AbortSignal): Promise<ExecResult> {
    signal.throwIfAborted();
    this.changes++;
    const session = await this.session();
    const stop = (): void => this.end(session, 'stopped');
    signal.addEventListener('abort', stop, { once: true });
    const backstop = setTimeout(() => this.end(session, 'timeout'), options.timeoutMs + BACKSTOP_MS);
    const startedAt = performance.now();
    const head: Buffer[] = [];
    try {
      const request: RunRequest = {
        op: 'run', argv: [...MERGED, command], env: { ...this.setting.env, ...COMMAND_ENV, ...this.setting.door?.env }, timeoutMs: options.timeoutMs,
        maxOutputBytes: keptBytes(options.maxOutputBytes), endOutputBytes: Math.max(ENDLESS_BYTES, options.maxOutputBytes),
      };
      const reply = parseRunReply(await session.request(request, limited(head, options.maxOutputBytes)));
      if (!reply) throw new SandboxEndedError('protocol');
      const output = joinOutput(head, Buffer.from(reply.tail, 'base64'), reply.outputBytes, options.maxOutputBytes);
      return { exitCode: reply.exitCode, output, outputBytes: reply.outputBytes, truncated: reply.outputBytes > keptBytes(options.maxOutputBytes), durationMs: reply.durationMs, killed: reply.killed };
    } catch (error) {
      if (signal.aborted) throw signal.reason as Error;
      if (error instanceof SandboxEndedError) return await this.cutShort(error, head, options, performance.now() - startedAt);
      throw asWorkspaceError(error);
    } finally {
      clearTimeout(backstop);
      signal.removeEventListener('abort', stop);
    }
  }

  /** Ends the sandbox and proves that nothing of it runs; the files stay. */
  async close(): Promise<void> {
    this.closed = true;
    const session = await this.starting?.catch(() => null);
    await session?.sandbox.kill('stopped');
  }

  private async ask(request: ToolRequest): Promise<unknown> {
    const session = await this.session();
    const deadline = setTimeout(() => this.end(session, 'timeout'), FILE_OPERATION_MS);
    try {
      return await session.request(request);
    } catch (error) {
      throw asWorkspaceError(error);
    } finally {
      clearTimeout(deadline);
    }
  }

  private async git(argv: readonly string[]): Promise<{ exitCode: number | null; head: string; complete: boolean }> {
    const head: Buffer[] = [];
    const session = await this.session();
    // The program sends the first two fifths and keeps the rest: only the first part is in one piece.
    const request: RunRequest = { op: 'run', argv, env: GIT_ENV, timeoutMs: SEARCH_MS, maxOutputBytes: MAX_SEARCH_BYTES, endOutputBytes: MAX_SEARCH_BYTES };
    const deadline = setTimeout(() => this.end(session, 'timeout'), SEARCH_MS + BACKSTOP_MS);
    try {
      const reply = parseRunReply(await session.request(request, limited(head, MAX_SEARCH_BYTES)));
      if (!reply || (reply.killed === null && reply.exitCode !== null && reply.exitCode > 128)) throw new WorkspaceError('denied', 'The search was interrupted; try again.');
      const text = Buffer.concat(head);
      return { exitCode: reply.exitCode, head: text.toString('utf8'), complete: reply.killed === null && reply.outputBytes === text.length };
    } catch (error) {
      throw asWorkspaceError(error);
    } finally {
      clearTimeout(deadline);
    }
  }

  private async session(): Promise<FileToolSession> {
    if (this.closed) throw new Error('the workspace is closed');
    const before = this.starting;
    const current = await before;
    if (current && !current.ended) return current;
    // Another caller may have seen the same end and started anew meanwhile.
    if (this.starting === before) {
      const next = this.start();
      this.starting = next;
      next.catch(() => (this.starting = null));
    }
    return this.starting ?? this.session();
  }

  private async start(): Promise<FileToolSession> {
    const { bubblewrap, spec, program, door } = this.setting;
    const target = `/opt/async-coder/tools/${program.slice(program.lastIndexOf('/') + 1)}`;
    const sandbox = await bubblewrap.start({
      ...spec,
      mounts: [...spec.mounts, { source: program, target, writable: false }, ...(door?.mounts ?? [])],
      command: [SANDBOX_PATHS.node, '--disable-warning=ExperimentalWarning', '--max-old-space-size=256', ...(door?.preload ?? []), target, ...(door?.args ?? [])],
      toleratedBytes: this.tolerated.bytes,
      toleratedFiles: this.tolerated.files,
    });
    const session = new FileToolSession(sandbox);
    await session.request({ op: 'list', path: '.', maxEntries: 0 }).catch((error: unknown) => {
      if (!(error instanceof SandboxEndedError)) return;
      throw new AppError(SANDBOX_UNAVAILABLE, `The sandbox did not start: ${session.lastWords.slice(-500) || 'no message'}`, { cause: error });
    });
    return session;
  }

  private end(session: FileToolSession, why: 'timeout' | 'stopped'): void {
    void session.sandbox.kill(why).catch((error: unknown) => this.setting.logger.error('a sandbox did not end', { err: error }));
  }

  /** The sandbox is gone, and with it what the program kept; the beginning of the output was sent before. */
  private async cutShort(error: SandboxEndedError, head: readonly Buffer[], options: ExecOptions, ms: number): Promise<ExecResult> {
    const { killed } = error;
    const { watchedFolder } = this.setting.spec;
    if ((killed === 'disk' || killed === 'files') && watchedFolder) this.tolerated = (await sizeOnDisk(watchedFolder)) ?? this.tolerated;
    const reason = killed === null || killed === 'protocol' || killed === 'stopped' ? null : killed;
    const note = reason ? '' : '\n[the command ended its own sandbox]\n';
    const output = joinOutput(head, Buffer.from(note), Buffer.concat(head).length + note.length, options.maxOutputBytes);
    return { exitCode: reason ? null : 137, output, outputBytes: Buffer.byteLength(output), truncated: true, durationMs: Math.round(ms), killed: reason };
  }
}

function limited(chunks: Buffer[], limit: number): (bytes: Buffer) => void {
  let room = limit;
  return (bytes) => {
    if (room > 0) chunks.push(bytes.subarray(0, room));
    room -= bytes.length;
  };
}

function relativeTo(path: string | undefined): string | undefined {
  if (path === undefined || path === REPO) return undefined;
  const inside = path.startsWith(`${REPO}/`) ? path.slice(REPO.length + 1) : path;
  if (inside.startsWith('/') || inside.split('/').includes('..')) throw new WorkspaceError('invalid_path', `"${path}" is outside of the repository`);
  return inside;
}

const CODES = ['not_found', 'not_a_file', 'not_a_folder', 'binary', 'too_large', 'denied', 'changed', 'exists', 'invalid_path'] as const;

function asWorkspaceError(error: unknown): Error {
  if (error instanceof ToolRefusal) return new WorkspaceError(CODES.find((code) => code === error.code) ?? 'denied', error.message);
  if (error instanceof SandboxEndedError) return new WorkspaceError('denied', 'The sandbox ended while this was done; try again.');
  return error as Error;
}
