import { Tree, type ExecOptions, type ExecResult, type FileEntry, type FileSlice } from '@app/agent';
import type { SandboxedTree } from './sandboxed-tree';

/** The checkout of the base, made when it is first asked for. */
export class BaseTree extends Tree {
  private opened: Promise<SandboxedTree> | null = null;

  constructor(private readonly open: () => Promise<SandboxedTree>) {
    super();
  }

  async read(path: string, fromLine: number, maxLines: number): Promise<FileSlice> {
    return (await this.tree()).read(path, fromLine, maxLines);
  }

  async list(path: string): Promise<FileEntry[]> {
    return (await this.tree()).list(path);
  }

  async exec(command: string, options: ExecOptions, signal: AbortSignal): Promise<ExecResult> {
    return (await this.tree()).exec(command, options, signal);
  }

  async close(): Promise<void> {
    const tree = await this.opened?.catch(() => null);
    await tree?.close();
  }

  private tree(): Promise<SandboxedTree> {
    this.opened ??= this.open().catch((error: unknown) => {
      this.opened = null;
      throw error;
    });
    return this.opened;
  }
}
