/** Lines of a text file as the model sees them. */
export interface FileSlice {
  /** SHA-256 of the whole file: proves what was read when it is edited. */
  readonly hash: string;
  readonly totalLines: number;
  /** First line returned, from 1. */
  readonly fromLine: number;
  readonly lines: readonly string[];
  readonly truncated: boolean;
}

export interface FileEntry {
  readonly path: string;
  readonly kind: 'file' | 'folder' | 'link';
  readonly sizeBytes: number;
}

export interface SearchMatch {
  readonly path: string;
  readonly line: number;
  readonly text: string;
}

/** A name that a source file defines, with the line it stands in as it is written there. */
export interface Definition {
  readonly name: string;
  readonly kind: 'class' | 'function' | 'method' | 'type' | 'value' | 'module';
  readonly line: number;
  readonly text: string;
}

/** What a source file defines, and how often it uses which other names. */
export interface FileTags {
  readonly path: string;
  readonly definitions: readonly Definition[];
  readonly references: readonly (readonly [name: string, count: number])[];
}

export interface ExecOptions {
  readonly timeoutMs: number;
  /** Bytes of output kept; the rest is counted, not stored. */
  readonly maxOutputBytes: number;
}

/** How a command ended. `output` is standard output and error as they came. */
export interface ExecResult {
  readonly exitCode: number | null;
  readonly output: string;
  readonly outputBytes: number;
  readonly truncated: boolean;
  readonly durationMs: number;
  /** Why the sandbox ended it, when it did not end by itself. */
  readonly killed: 'timeout' | 'memory' | 'disk' | 'files' | 'processes' | 'output' | null;
}

export interface ChangedFile {
  readonly path: string;
  readonly oldPath: string | null;
  readonly status: 'added' | 'modified' | 'deleted' | 'renamed';
  readonly additions: number;
  readonly deletions: number;
  readonly binary: boolean;
}

export interface WorkspaceDiff {
  readonly files: readonly ChangedFile[];
  /** Unified diff against the base, as `git apply` takes it. */
  readonly patch: string;
}

/** A state of the tree that another worker can restore from PostgreSQL alone. */
export interface Checkpoint {
  readonly step: number;
  /** Commit of the tree in the trusted repository. */
  readonly commit: string;
  readonly tree: string;
}

/** A file operation that cannot be done, in words for the model. */
export class WorkspaceError extends Error {
  constructor(
    readonly code: 'not_found' | 'not_a_file' | 'not_a_folder' | 'binary' | 'too_large' | 'denied' | 'changed' | 'exists' | 'invalid_path',
    message: string,
  ) {
    super(message);
    this.name = 'WorkspaceError';
  }
}

/** Files and commands of one tree. Paths are relative to its root. Every method throws `WorkspaceError` for what the model did wrong. */
export abstract class Tree {
  /** Lines of a text file; refuses folders and binary files. */
  abstract read(path: string, fromLine: number, maxLines: number): Promise<FileSlice>;

  /** Entries of one folder, sorted. */
  abstract list(path: string): Promise<FileEntry[]>;

  /** Paths that match a glob, in files that git does not ignore. */
  abstract glob(pattern: string, maxPaths: number): Promise<{ paths: string[]; truncated: boolean }>;

  /** What these files define and use, in their order; files that cannot be parsed are left out. A file that breaks the parser costs itself only. */
  abstract tags(paths: readonly string[], signal: AbortSignal): Promise<FileTags[]>;

  /** Runs a shell command in the sandbox at the tree's root, without network. */
  abstract exec(command: string, options: ExecOptions, signal: AbortSignal): Promise<ExecResult>;
}

/** The sandboxed checkout that the agent works in. */
export abstract class Workspace extends Tree {
  /** The tree as it was before the agent began, apart from it; made at first use. */
  abstract readonly base: Tree;

  /**
   * Writes a file and its missing folders. With `expectedHash` the file must still have that content (null: must not exist);
   * undefined overwrites.
   */
  abstract write(path: string, content: string, expectedHash?: string | null): Promise<{ hash: string }>;

  /** Removes a file that still has that content; a link is removed itself, never what it points to. */
  abstract remove(path: string, expectedHash: string): Promise<void>;

  /** Gives a file another path, where nothing may be yet; its missing folders are made and its mode is kept. */
  abstract rename(path: string, to: string): Promise<void>;

  /** The whole text of a file with its hash, for editing; at most 1 MiB. */
  abstract readWhole(path: string): Promise<{ content: string; hash: string }>;

  /** Lines that match an extended regular expression, in files that git does not ignore. */
  abstract search(query: { pattern: string; path?: string; glob?: string; ignoreCase?: boolean; maxMatches: number }): Promise<{ matches: SearchMatch[]; truncated: boolean }>;

  /**
   * Runs `work` on the base tree with these files as they are here now (one that is gone here is removed there); afterwards the base is as
   * it was. Files that are no text, or are larger than 1 MiB, stay as the base has them.
   */
  abstract onBaseWith<T>(paths: readonly string[], work: (tree: Tree) => Promise<T>): Promise<T>;

  /** What differs from the base. */
  abstract diff(): Promise<WorkspaceDiff>;

  /** Saves the tree; unchanged trees give the same `tree` and `commit`. */
  abstract checkpoint(step: number): Promise<Checkpoint>;

  /** Keeps a text that is too long for the model under scratch/ and returns the path the model can read it by. */
  abstract spill(name: string, content: string): Promise<string>;
}
