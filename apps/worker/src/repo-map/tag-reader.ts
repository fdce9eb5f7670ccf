import type { Logger } from '@app/common';
import type { FileTags } from '@app/agent';
import { dirname, extname, join } from 'node:path';
import type { Bubblewrap } from '../sandbox/bubblewrap';
import { SANDBOX_PATHS, type SandboxMount, type SandboxSpec } from '../sandbox/sandbox-spec';
import type { Box } from '../workspace/checkout';
import { LANGUAGES, languageOf } from './languages';
import { contentTags, parseTagsLine, type ContentTags } from './tags-answer';
import type { TagLimits, TagsRequest } from './tags-protocol';

/** What is known of contents, by their hash; shared by all trees of an attempt. */
export type TagCache = Map<string, ContentTags>;

export type Tagger = (paths: readonly string[], signal: AbortSignal) => Promise<FileTags[]>;

const PROGRAM_FILE = join(__dirname, `tags-program${extname(__filename)}`);
const WASM_FOLDER = '/opt/async-coder/tree-sitter';
const MIB = 1024 ** 2;
const LIMITS: TagLimits = { fileBytes: 256 * 1024, fileMs: 2_000, memoryBytes: 500 * MIB, definitions: 400, references: 800, textCharacters: 160 };
const SANDBOX_MEMORY_BYTES = 700 * MIB;
const MAX_FILES = 5_000;
const ALL_FILES_MS = 30_000;
const ANSWER_BYTES = 32 * MIB;
/** A file that ends the whole program is left out, and the rest is read by another one. */
const TRIES = 3;

interface Job {
  readonly files: TagsRequest['files'];
  readonly cache: TagCache;
  /** Hash of the content of each file by its number; null: no source file, or one that broke the parser. */
  readonly hashes: Map<number, string | null>;
}

/** Reads what source files define and use. They are parsed in a sandbox that sees the checkout read-only, and nothing else. */
export class TagReader {
  private placed: Promise<readonly SandboxMount[]> | null = null;

  constructor(
    private readonly bubblewrap: Bubblewrap,
    private readonly logger: Logger,
  ) {}

  /** Reads files of one checkout. What was found for a content is kept in `cache`. */
  of(box: Box, cache: TagCache): Tagger {
    return async (paths, signal) => {
      const files = paths.slice(0, MAX_FILES).flatMap((path) => {
        const language = languageOf(path);
        return language === null ? [] : [{ path, grammar: language.grammar }];
      });
      const job: Job = { files, cache, hashes: new Map() };
      const until = performance.now() + ALL_FILES_MS;
      for (let tries = 0; tries < TRIES && job.hashes.size < files.length && performance.now() < until; tries++) await this.round(box, job, until, signal);
      return files.flatMap(({ path }, n) => {
        const found = cache.get(job.hashes.get(n) ?? '') ?? null;
        return found === null ? [] : [{ path, ...found }];
      });
    };
  }

  /** One program over all files that have no answer yet. */
  private async round(box: Box, job: Job, until: number, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const open = [...job.files.keys()].filter((n) => !job.hashes.has(n));
    const reader = new AnswerReader(job, open);
    const sandbox = await this.bubblewrap.start(await this.sandbox(box));
    const end = (why: 'timeout' | 'stopped' | 'protocol') => (): void => void sandbox.kill(why).catch((error: unknown) => this.logger.error('a sandbox did not end', { err: error }));
    const deadline = setTimeout(end('timeout'), Math.max(1, until - performance.now()));
    const stop = end('stopped');
    signal.addEventListener('abort', stop, { once: true });
    // It may have been stopped while the sandbox started.
    if (signal.aborted) stop();
    sandbox.stdout.read((chunk) => reader.take(chunk, end('protocol')));
    sandbox.stdin.end(JSON.stringify(requestFor(open.map((n) => job.files[n] ?? { path: '', grammar: '' }), job.cache)));
    const { killed } = await sandbox.ended;
    clearTimeout(deadline);
    signal.removeEventListener('abort', stop);
    await sandbox.kill('stopped');
    signal.throwIfAborted();
    if (reader.brokenBy !== null) this.logger.warn('a source file ended the parser', { path: job.files[reader.brokenBy]?.path, killed });
    reader.close();
  }

  private async sandbox(box: Box): Promise<SandboxSpec> {
    this.placed ??= this.place().catch((error: unknown) => {
      this.placed = null;
      throw error;
    });
    const mounts = await this.placed;
    return {
      identity: box.identity, recordFolder: box.recordFolder, watchedFolder: null, workingFolder: '/', env: {},
      limits: { ...this.bubblewrap.limits(), memoryBytes: Math.min(SANDBOX_MEMORY_BYTES, this.bubblewrap.limits().memoryBytes) },
      mounts: [{ source: join(box.folder, 'repo'), target: '/workspace/repo', writable: false }, ...mounts],
      command: [SANDBOX_PATHS.node, '--disable-warning=ExperimentalWarning', '--max-old-space-size=192', mounts[0]?.target ?? ''],
    };
  }

  /** The program, the parser and its grammars, where every sandbox user can read them. */
  private async place(): Promise<readonly SandboxMount[]> {
    const wasm = dirname(require.resolve('@vscode/tree-sitter-wasm'));
    const names = ['tree-sitter.js', 'tree-sitter.wasm', ...LANGUAGES.map(({ grammar }) => `tree-sitter-${grammar}.wasm`)];
    const program = { source: await this.bubblewrap.place(PROGRAM_FILE), target: `/opt/async-coder/tags${extname(PROGRAM_FILE)}`, writable: false };
    return [program, ...(await Promise.all(names.map(async (name) => ({ source: await this.bubblewrap.place(join(wasm, name)), target: `${WASM_FOLDER}/${name}`, writable: false }))))];
  }
}

function requestFor(files: TagsRequest['files'], cache: TagCache): TagsRequest {
  const queries = Object.fromEntries(LANGUAGES.map(({ grammar, query }) => [grammar, query]));
  return { wasmFolder: WASM_FOLDER, root: '/workspace/repo', files, queries, known: [...cache.keys()], limits: LIMITS };
}

/** Takes the program's lines in; whatever makes no sense ends it. */
class AnswerReader {
  private rest = '';
  private bytes = 0;
  private atWork: number | null = null;
  private readonly decoder = new TextDecoder();

  constructor(
    private readonly job: Job,
    /** Numbers of the files that the program was asked for, in its order. */
    private readonly asked: readonly number[],
  ) {}

  /** The file whose parsing began and did not end. */
  get brokenBy(): number | null {
    return this.atWork;
  }

  take(chunk: Buffer, onNonsense: () => void): void {
    this.bytes += chunk.length;
    const lines = (this.rest + this.decoder.decode(chunk, { stream: true })).split('\n');
    this.rest = lines.pop() ?? '';
    if (this.bytes > ANSWER_BYTES || !lines.every((line) => this.line(line))) onNonsense();
  }

  /** A file that was never answered for after its parsing began is left out from now on. */
  close(): void {
    if (this.atWork !== null) this.job.hashes.set(this.atWork, null);
  }

  private line(text: string): boolean {
    const line = parseTagsLine(text, LIMITS);
    if (line === null) return false;
    const n = this.asked[Object.values(line)[0] as number];
    if (n === undefined) return false;
    if ('at' in line) {
      this.atWork = n;
      return true;
    }
    if ('skip' in line) {
      this.job.hashes.set(n, null);
      return true;
    }
    if ('tags' in line) this.job.cache.set(line.hash, contentTags(line.tags));
    this.job.hashes.set(n, line.hash);
    this.atWork = null;
    return true;
  }
}
