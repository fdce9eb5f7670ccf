import { extname, join } from 'node:path';
import type { SandboxKill } from '../../sandbox/sandbox-spec';
import type { Output, SandboxProcess } from '../../sandbox/sandbox-process';
import type { ToolRequest } from './protocol';

/** The program's file: beside this one, TypeScript in the source and JavaScript in the build. */
export const PROGRAM_FILE = join(__dirname, `program${extname(__filename)}`);

/** A file operation was refused inside; `code` and `message` come from there and are not to be trusted further than as words. */
export class ToolRefusal extends Error {
  constructor(
    readonly code: string,
    message: string,
  ) {
    super(message);
    this.name = 'ToolRefusal';
  }
}

/** The sandbox ended while something was asked of it. */
export class SandboxEndedError extends Error {
  constructor(readonly killed: SandboxKill | null) {
    super(killed ? `the sandbox was ended: ${killed}` : 'the sandbox ended by itself');
    this.name = 'SandboxEndedError';
  }
}

interface Waiting {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
  readonly onOutput?: (bytes: Buffer) => void;
}

/** Answers hold at most a file of 1 MiB or an output tail, in base64 or escaped JSON. */
const MAX_LINE_BYTES = 24 * 1024 * 1024;

/** Talks to the program in one sandbox. Everything that comes from it is data of limited size; nonsense ends the sandbox. */
export class FileToolSession {
  private readonly waiting = new Map<number, Waiting>();
  private nextId = 1;
  private ended_: SandboxEndedError | null = null;
  private stderr = '';

  constructor(readonly sandbox: SandboxProcess) {
    this.waiting.set(0, { resolve: () => undefined, reject: () => undefined });
    new LineReader(sandbox.stdout, MAX_LINE_BYTES, (line) => this.take(line), () => this.broken());
    sandbox.stderr.read((chunk) => (this.stderr = (this.stderr + chunk.toString('utf8')).slice(-2_000)));
    void sandbox.ended.then(({ killed }) => this.fail(new SandboxEndedError(killed)));
  }

  get ended(): boolean {
    return this.ended_ !== null || this.sandbox.killed !== null;
  }

  /** The last words of the program on its standard error. */
  get lastWords(): string {
    return this.stderr.trim();
  }

  /**
   * Sends a request and waits for its end. The answer's shape is the caller's to check.
   * @throws {ToolRefusal} what the program refused; {SandboxEndedError} when there is no sandbox any more.
   */
  request(request: ToolRequest, onOutput?: (bytes: Buffer) => void): Promise<unknown> {
    if (this.ended_) return Promise.reject(this.ended_);
    const id = this.nextId++;
    return new Promise((resolve, reject) => {
      this.waiting.set(id, { resolve, reject, onOutput });
      this.sandbox.stdin.write(`${JSON.stringify({ id, ...request })}\n`);
    });
  }

  private take(line: string): void {
    const reply = parse(line);
    if (!reply) return this.broken();
    const waiting = this.waiting.get(reply.id);
    if (!waiting) return this.broken();
    if (typeof reply.out === 'string') {
      waiting.onOutput?.(Buffer.from(reply.out, 'base64'));
      return;
    }
    this.waiting.delete(reply.id);
    if (isRecord(reply.error)) waiting.reject(new ToolRefusal(text(reply.error.code, 40), text(reply.error.message, 2_000)));
    else waiting.resolve(reply.ok);
  }

  private broken(): void {
    void this.sandbox.kill('protocol').catch(() => undefined);
  }

  private fail(error: SandboxEndedError): void {
    this.ended_ = error;
    for (const { reject } of this.waiting.values()) reject(error);
    this.waiting.clear();
  }
}

/** Cuts a stream into lines; one that is longer than the limit is `onOverflow`, and nothing is read after it. */
class LineReader {
  private readonly parts: Buffer[] = [];
  private size = 0;
  private stopped = false;

  constructor(
    output: Output,
    private readonly limit: number,
    private readonly onLine: (line: string) => void,
    private readonly onOverflow: () => void,
  ) {
    output.read((chunk) => this.add(chunk));
  }

  private add(chunk: Buffer): void {
    let rest = chunk;
    for (let end = rest.indexOf(10); end >= 0 && !this.stopped; end = rest.indexOf(10)) {
      this.push(rest.subarray(0, end));
      const line = Buffer.concat(this.parts).toString('utf8');
      this.parts.length = 0;
      this.size = 0;
      if (!this.stopped) this.onLine(line);
      rest = rest.subarray(end + 1);
    }
    this.push(rest);
  }

  private push(part: Buffer): void {
    if (this.stopped) return;
    this.size += part.length;
    if (this.size > this.limit) {
      this.stopped = true;
      this.parts.length = 0;
      this.onOverflow();
      return;
    }
    this.parts.push(part);
  }
}

function parse(line: string): { id: number; out?: unknown; ok?: unknown; error?: unknown } | null {
  try {
    const value: unknown = JSON.parse(line);
    return isRecord(value) && typeof value.id === 'number' ? { id: value.id, out: value.out, ok: value.ok, error: value.error } : null;
  } catch {
    return null;
  }
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function text(value: unknown, maxLength: number): string {
  return typeof value === 'string' ? value.slice(0, maxLength) : '';
}
