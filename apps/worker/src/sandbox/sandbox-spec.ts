/** Why the platform ended a sandbox. */
export type SandboxKill = 'memory' | 'disk' | 'files' | 'processes' | 'timeout' | 'protocol' | 'stopped';

/** The uid that a sandbox runs as; null: our own, when we are not root. */
export interface SandboxIdentity {
  readonly uid: number;
  readonly gid: number;
}

/** A folder or file of the host that the sandbox sees. Nothing else of the host is visible but /usr. */
export interface SandboxMount {
  readonly source: string;
  readonly target: string;
  readonly writable: boolean;
}

export interface SandboxLimits {
  readonly memoryBytes: number;
  /** Size of all writable mounts together, and of a single file. */
  readonly diskBytes: number;
  /** Files and folders in all writable mounts together. */
  readonly files: number;
  /** Processes and threads. */
  readonly processes: number;
}

/** One sandbox: what it sees, who it runs as and the program it runs. */
export interface SandboxSpec {
  readonly identity: SandboxIdentity | null;
  readonly mounts: readonly SandboxMount[];
  readonly workingFolder: string;
  readonly env: Readonly<Record<string, string>>;
  readonly command: readonly string[];
  readonly limits: SandboxLimits;
  /** Host folder whose size is watched; null: nothing writable is worth watching. */
  readonly watchedFolder: string | null;
  /** Bytes that folder may keep although they are above the limit: what it held when it was last stopped for it. */
  readonly toleratedBytes?: number;
  /** The same for the number of its files. */
  readonly toleratedFiles?: number;
  /** Host folder, ours alone, that remembers running sandboxes for whoever cleans up after a crash. */
  readonly recordFolder: string | null;
}

/** Where things are inside every sandbox. */
export const SANDBOX_PATHS = {
  node: '/opt/async-coder/node/bin/node',
  /** There when the system has no npm of its own, so last on the path. */
  npm: '/opt/async-coder/npm',
  path: '/opt/async-coder/node/bin:/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin:/opt/async-coder/npm/bin',
} as const;
