import { matchesAny } from '../text/glob-pattern';
import { WorkspaceError, type Checkpoint, type SearchMatch, type Tree, type Workspace, type WorkspaceDiff } from '../workspace';
import { diffFiles } from './memory-diff';
import { attempt, MemoryTree, normal, sha256, type CommandHandler } from './memory-tree';

export interface MemoryWorkspaceOptions {
  /** Commands of the workspace and of its base. */
  readonly onCommand?: CommandHandler;
  /** The files as a checkpoint left them; default: the base. */
  readonly restore?: Checkpoint;
}

const MAX_WHOLE_BYTES = 1024 * 1024;
/** Trees by their id, as git keeps them: another workspace restores from here. */
const trees = new Map<string, ReadonlyMap<string, string>>();

/** A workspace without disk and processes; the same contract as the real one. */
export class MemoryWorkspace extends MemoryTree implements Workspace {
  readonly base: MemoryTree;
  readonly checkpoints: Checkpoint[] = [];

  constructor(files: Readonly<Record<string, string>>, options: MemoryWorkspaceOptions = {}) {
    const original = new Map(Object.entries(files));
    const restored = options.restore === undefined ? original : trees.get(options.restore.tree);
    if (restored === undefined) throw new Error('there is no such checkpoint');
    super(new Map(restored), options.onCommand);
    this.base = new MemoryTree(original, options.onCommand);
  }

  readWhole(path: string): Promise<{ content: string; hash: string }> {
    return attempt(() => {
      const content = this.text(path);
      if (Buffer.byteLength(content) > MAX_WHOLE_BYTES) throw new WorkspaceError('too_large', `${path} is too large`);
      return { content, hash: sha256(content) };
    });
  }

  write(path: string, content: string, expectedHash?: string | null): Promise<{ hash: string }> {
    return attempt(() => {
      const file = normal(path);
      const there = this.files.get(file);
      if (expectedHash === null && there !== undefined) throw new WorkspaceError('exists', `${path} exists`);
      if (typeof expectedHash === 'string' && (there === undefined || sha256(there) !== expectedHash)) throw new WorkspaceError('changed', `${path} has changed`);
      if ([...this.files.keys()].some((other) => other.startsWith(`${file}/`))) throw new WorkspaceError('not_a_file', `${path} is a folder`);
      if (file.split('/').some((_part, n, parts) => n > 0 && this.files.has(parts.slice(0, n).join('/')))) throw new WorkspaceError('not_a_folder', `a part of ${path} is a file`);
      this.files.set(file, content);
      return { hash: sha256(content) };
    });
  }

  remove(path: string, expectedHash: string): Promise<void> {
    return attempt(() => {
      if (sha256(this.text(path)) !== expectedHash) throw new WorkspaceError('changed', `${path} has changed`);
      this.files.delete(normal(path));
    });
  }

  rename(path: string, to: string): Promise<void> {
    return attempt(() => {
      const content = this.text(path);
      const target = normal(to);
      if (this.files.has(target) || [...this.files.keys()].some((other) => other.startsWith(`${target}/`))) throw new WorkspaceError('exists', `${to} exists`);
      this.files.delete(normal(path));
      this.files.set(target, content);
    });
  }

  search(query: { pattern: string; path?: string; glob?: string; ignoreCase?: boolean; maxMatches: number }): Promise<{ matches: SearchMatch[]; truncated: boolean }> {
    return attempt(() => {
      const pattern = regularExpression(query.pattern, query.ignoreCase === true);
      const folder = normal(query.path ?? '');
      const paths = this.visible().filter((path) => (folder === '' || path === folder || path.startsWith(`${folder}/`)) && (query.glob === undefined || matchesAny(path, [query.glob])));
      const matches = paths.flatMap((path) => this.#matches(path, pattern));
      return { matches: matches.slice(0, query.maxMatches), truncated: matches.length > query.maxMatches };
    });
  }

  async onBaseWith<T>(paths: readonly string[], work: (tree: Tree) => Promise<T>): Promise<T> {
    const { files } = this.base;
    const before = new Map(files);
    for (const path of paths) {
      const content = this.files.get(path);
      if (content === undefined) files.delete(path);
      else files.set(path, content);
    }
    try {
      return await work(this.base);
    } finally {
      files.clear();
      for (const [path, content] of before) files.set(path, content);
    }
  }

  diff(): Promise<WorkspaceDiff> {
    return attempt(() => diffFiles(new Map(this.base.files), this.#committed()));
  }

  checkpoint(step: number): Promise<Checkpoint> {
    return attempt(() => {
      const files = this.#committed();
      const tree = sha256(JSON.stringify([...files].sort()));
      trees.set(tree, files);
      const checkpoint = { step, commit: sha256(`commit ${tree}`), tree };
      this.checkpoints.push(checkpoint);
      return checkpoint;
    });
  }

  spill(name: string, content: string): Promise<string> {
    return attempt(() => {
      const path = `/workspace/scratch/out/${name.replace(/[^A-Za-z0-9._-]/g, '_')}`;
      this.files.set(path, content);
      return path;
    });
  }

  /** What belongs to the repository: not scratch, not what git ignores. */
  #committed(): Map<string, string> {
    const tracked = this.base.files;
    return new Map([...this.files].filter(([path]) => !path.startsWith('/') && (tracked.has(path) || !this.#isIgnored(path))));
  }

  protected override visible(): string[] {
    return [...this.#committed().keys()].sort();
  }

  #isIgnored(path: string): boolean {
    const rules = (this.files.get('.gitignore') ?? '').split('\n').map((line) => line.trim().replace(/\/$/, '')).filter((line) => line !== '' && !line.startsWith('#'));
    return matchesAny(path, rules.flatMap((rule) => (rule.startsWith('/') ? [`./${rule.slice(1)}`, `./${rule.slice(1)}/**`] : [`**/${rule}`, `**/${rule}/**`])));
  }

  #matches(path: string, pattern: RegExp): SearchMatch[] {
    const content = this.files.get(path) ?? '';
    if (content.includes('\0')) return [];
    return content.split('\n').flatMap((text, n) => (pattern.test(text) ? [{ path, line: n + 1, text }] : []));
  }
}

function regularExpression(pattern: string, ignoreCase: boolean): RegExp {
  try {
    return new RegExp(pattern, ignoreCase ? 'i' : '');
  } catch {
    throw new WorkspaceError('invalid_path', 'The pattern is not a valid extended regular expression.');
  }
}
