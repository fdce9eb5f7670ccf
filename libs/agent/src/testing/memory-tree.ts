import { createHash } from 'node:crypto';
import { Tree, WorkspaceError, type ExecOptions, type ExecResult, type FileEntry, type FileSlice, type FileTags } from '../workspace';
import { globToRegExp } from '../text/glob-pattern';
import { smallTags } from './small-tagger';
import { runSmallShell, type Files, type ShellResult } from './small-shell';

/** Answers a command before the small shell does; undefined: not mine. May change the files. */
export type CommandHandler = (command: string, files: Files) => ShellResult | undefined;

/** Files in memory, with the manners of a real tree. */
export class MemoryTree extends Tree {
  /** Every command that was run. */
  readonly commands: string[] = [];

  constructor(
    readonly files: Files,
    private readonly onCommand: CommandHandler = () => undefined,
  ) {
    super();
  }

  read(path: string, fromLine: number, maxLines: number): Promise<FileSlice> {
    return attempt(() => {
      const content = this.text(path);
      const all = content === '' ? [] : content.replace(/\n$/, '').split('\n').map((line) => line.replace(/\r$/, ''));
      const lines = all.slice(fromLine - 1, fromLine - 1 + maxLines);
      return { hash: sha256(content), totalLines: all.length, fromLine, lines, truncated: fromLine - 1 + lines.length < all.length };
    });
  }

  list(path: string): Promise<FileEntry[]> {
    return attempt(() => {
      const folder = normal(path);
      const prefix = folder === '' ? '' : `${folder}/`;
      if (this.files.has(folder)) throw new WorkspaceError('not_a_folder', `${path} is a file`);
      const inside = [...this.files.keys()].filter((file) => file.startsWith(prefix) && !file.startsWith('/'));
      if (inside.length === 0 && folder !== '') throw new WorkspaceError('not_found', `there is no ${path}`);
      const names = new Map(inside.map((file) => [file.slice(prefix.length).split('/')[0] ?? '', file]));
      return [...names].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, file]) => this.#entry(prefix + name, file));
    });
  }

  glob(pattern: string, maxPaths: number): Promise<{ paths: string[]; truncated: boolean }> {
    return attempt(() => {
      const paths = this.visible().filter((path) => globToRegExp(pattern).test(path));
      return { paths: paths.slice(0, maxPaths), truncated: paths.length > maxPaths };
    });
  }

  tags(paths: readonly string[], signal: AbortSignal): Promise<FileTags[]> {
    return attempt(() => {
      signal.throwIfAborted();
      return paths.flatMap((path) => smallTags(path, this.files.get(normal(path)) ?? '\0') ?? []);
    });
  }

  async exec(command: string, options: ExecOptions, signal: AbortSignal): Promise<ExecResult> {
    signal.throwIfAborted();
    this.commands.push(command);
    const { exitCode, output } = this.onCommand(command, this.files) ?? runSmallShell(command, this.files);
    await Promise.resolve();
    const kept = Buffer.from(output).subarray(0, options.maxOutputBytes).toString();
    return { exitCode, output: kept, outputBytes: Buffer.byteLength(output), truncated: kept.length < output.length, durationMs: 7, killed: null };
  }

  /** Paths that git would show, sorted. */
  protected visible(): string[] {
    return [...this.files.keys()].filter((path) => !path.startsWith('/')).sort();
  }

  protected text(path: string): string {
    const file = normal(path);
    const content = this.files.get(file);
    if (content === undefined) {
      const isFolder = [...this.files.keys()].some((other) => other.startsWith(`${file}/`)) || file === '';
      throw isFolder ? new WorkspaceError('not_a_file', `${path} is a folder`) : new WorkspaceError('not_found', `there is no ${path}`);
    }
    if (content.includes('\0')) throw new WorkspaceError('binary', `${path} is a binary file`);
    return content;
  }

  #entry(path: string, file: string): FileEntry {
    return path === file ? { path, kind: 'file', sizeBytes: Buffer.byteLength(this.files.get(file) ?? '') } : { path, kind: 'folder', sizeBytes: 0 };
  }
}

export function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** @throws {WorkspaceError} for a path that leaves the tree. */
export function normal(path: string): string {
  const parts = path.split('/').filter((part) => part !== '' && part !== '.');
  const isScratch = path.startsWith('/workspace/scratch/');
  if (parts.includes('..') || (path.startsWith('/') && !isScratch)) throw new WorkspaceError('invalid_path', `${path} is outside of the repository`);
  return (isScratch ? '/' : '') + parts.join('/');
}

/** What is thrown becomes a rejection. */
export function attempt<T>(work: () => T): Promise<T> {
  return new Promise((resolve) => resolve(work()));
}
