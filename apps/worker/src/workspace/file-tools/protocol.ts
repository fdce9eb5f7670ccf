/** What the worker asks of the program in the sandbox; one JSON line each. */
export type ToolRequest =
  | { readonly op: 'read'; readonly path: string; readonly fromLine: number; readonly maxLines: number; readonly maxBytes: number }
  | { readonly op: 'readWhole'; readonly path: string; readonly maxBytes: number }
  | { readonly op: 'write'; readonly path: string; readonly content: string; readonly expectedHash?: string | null }
  | { readonly op: 'remove'; readonly path: string; readonly expectedHash: string }
  | { readonly op: 'rename'; readonly path: string; readonly to: string }
  | { readonly op: 'list'; readonly path: string; readonly maxEntries: number }
  | RunRequest;

/** A program with its arguments; its standard error is dropped. */
export interface RunRequest {
  readonly op: 'run';
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  readonly maxOutputBytes: number;
  /** Output beyond this ends the program. */
  readonly endOutputBytes: number;
}

/** What comes back: pieces of output while a program runs, then one end. */
export type ToolReply =
  | { readonly id: number; readonly out: string }
  | { readonly id: number; readonly ok: unknown }
  | { readonly id: number; readonly error: { readonly code: string; readonly message: string } };

export interface RunReply {
  readonly exitCode: number | null;
  readonly outputBytes: number;
  /** The last bytes, base64, of an output that was longer than what was sent as `out`. */
  readonly tail: string;
  readonly killed: 'timeout' | 'output' | null;
  readonly durationMs: number;
}

/** Folders inside the sandbox that paths may point into; relative paths start at the first. */
export const REPO = '/workspace/repo';
export const SCRATCH = '/workspace/scratch';
