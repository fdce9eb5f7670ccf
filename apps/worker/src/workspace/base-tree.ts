import { Tree, WorkspaceError, type ExecOptions, type ExecResult, type FileEntry, type FileSlice, type FileTags } from '@app/agent';
import type { SandboxedTree } from './sandboxed-tree';

/** The checkout of the base, made when it is first asked for. */
export class BaseTree extends Tree {
  private opened: Promise<SandboxedTree> | null = null;
  private readonly closing = new AbortController();

  constructor(private readonly open: (signal: AbortSignal) => Promise<SandboxedTree>) {
    super();
  }

  async read(path: string, fromLine: number, maxLines: number): Promise<FileSlice> {
    return (await this.tree()).read(path, fromLine, maxLines);
  }

  async list(path: string): Promise<FileEntry[]> {
    return (await this.tree()).list(path);
  }

  async glob(pattern: string, maxPaths: number): Promise<{ paths: string[]; truncated: boolean }> {
    return (await this.tree()).glob(pattern, maxPaths);
  }

  async tags(paths: readonly string[], signal: AbortSignal): Promise<FileTags[]> {
    return (await this.tree()).tags(paths, signal);
  }

  async exec(command: string, options: ExecOptions, signal: AbortSignal): Promise<ExecResult> {
    return (await unlessAborted(this.tree(), signal)).exec(command, options, signal);
  }

  /** Runs `work` with other contents of some files (null: no such file), and puts back what was there. A tree that cannot be put back is made anew at its next use. */
  async changedTo<T>(files: ReadonlyMap<string, string | null>, work: (tree: Tree) => Promise<T>): Promise<T> {
    const tree = await this.tree();
    const before = new Map<string, string | null>();
    try {
      for (const [path, content] of files) {
        const was = await textOrNull(tree, path);
        if (was === undefined) continue;
        before.set(path, was);
        await put(tree, path, content);
      }
      return await work(this);
    } finally {
      await this.putBack(tree, before);
    }
  }

  private async putBack(tree: SandboxedTree, before: ReadonlyMap<string, string | null>): Promise<void> {
    try {
      for (const [path, content] of before) await put(tree, path, content);
    } catch {
      if (this.opened !== null && (await this.opened.catch(() => null)) === tree) this.opened = null;
      await tree.close();
    }
  }

  async close(): Promise<void> {
    this.closing.abort(new Error('the workspace is closed'));
    const tree = await this.opened?.catch(() => null);
    await tree?.close();
  }

  private tree(): Promise<SandboxedTree> {
    this.opened ??= this.open(this.closing.signal).catch((error: unknown) => {
      this.opened = null;
      throw error;
    });
    return this.opened;
  }
}

/** Set-up takes its time; whoever is told to stop does not wait for it. */
function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  return new Promise((resolve, reject) => {
    const stop = (): void => reject(signal.reason as Error);
    signal.addEventListener('abort', stop, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
  });
}

/** The text of a file; null: there is none; undefined: it is no text that could be put back. */
export async function textOrNull(tree: Pick<SandboxedTree, 'readWhole'>, path: string): Promise<string | null | undefined> {
  try {
    return (await tree.readWhole(path)).content;
  } catch (error) {
    if (!(error instanceof WorkspaceError)) throw error;
    return error.code === 'not_found' ? null : undefined;
  }
}

async function put(tree: SandboxedTree, path: string, content: string | null): Promise<void> {
  if (content !== null) {
    await tree.write(path, content);
    return;
  }
  const now = await tree.readWhole(path).catch((error: unknown) => {
    if (error instanceof WorkspaceError) return null;
    throw error;
  });
  if (now !== null) await tree.remove(path, now.hash);
}
