// Runs inside a sandbox of its own, as a single file under its Node: it imports nothing but Node's modules and the parser that
// is mounted beside it. Hostile files are parsed here: one that hangs or breaks the parser costs the thread it is parsed in.
// Tests run this file as it is: only types that Node can strip (no parameter properties, no enums).
import { createHash } from 'node:crypto';
import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import type { FoundTags, TagLimits, TagsLine, TagsRequest } from './tags-protocol';

interface Job {
  readonly grammar: string;
  readonly source: string;
}

interface ThreadData {
  readonly wasmFolder: string;
  readonly queries: Readonly<Record<string, string>>;
  readonly limits: TagLimits;
}

interface SyntaxNode {
  readonly text: string;
  readonly startIndex: number;
  readonly startPosition: { readonly row: number };
}

/** The part of web-tree-sitter that is used. */
interface TreeSitter {
  readonly Parser: { new (): SyntaxParser; init(options: { locateFile(name: string): string }): Promise<void> };
  readonly Language: { load(path: string): Promise<unknown> };
  readonly Query: new (language: unknown, source: string) => { captures(node: SyntaxNode): { name: string; node: SyntaxNode }[] };
}

interface SyntaxParser {
  setLanguage(language: unknown): void;
  parse(source: string): { rootNode: SyntaxNode; delete(): void } | null;
}

/** After so many files that hung, the others get less time: a tree full of them must not use up the time of all. */
const PATIENCE = 4;
const IMPATIENT_SHARE = 4;
/** A new thread compiles the parser and a grammar first: that is not the file's fault. */
const LOADING_MS = 15_000;
const LOADED = 'loaded';
const LONGEST_LINE = 5_000;
const AVERAGE_LINE = 300;
const NAME = /^[^\s"'`]{2,80}$/;

function send(line: TagsLine): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

/** The text of an ordinary source file; null when it is none, or made by a machine. Links are not followed. */
function sourceOf(path: string, limit: number): { source: string; hash: string } | null {
  let file: number;
  try {
    file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK | constants.O_NOCTTY);
  } catch {
    return null;
  }
  try {
    const stat = fstatSync(file);
    if (!stat.isFile() || stat.size > limit) return null;
    const bytes = readFileSync(file);
    if (bytes.length > limit || bytes.includes(0)) return null;
    const source = bytes.toString('utf8');
    const lines = source.split('\n');
    if (source.length / lines.length > AVERAGE_LINE || lines.some((line) => line.length > LONGEST_LINE)) return null;
    return { source, hash: createHash('sha1').update(`blob ${bytes.length}\0`).update(bytes).digest('hex') };
  } catch {
    return null;
  } finally {
    closeSync(file);
  }
}

/** A thread that parses one file after the other, replaced when one of them hangs, breaks or bloats it. */
class ParserThread {
  private thread: Worker | null = null;
  private lost = 0;
  private readonly data: ThreadData;

  constructor(data: ThreadData) {
    this.data = data;
  }

  async parse(job: Job): Promise<FoundTags | null> {
    const thread = this.thread ?? this.start();
    const found = await new Promise<FoundTags | null>((resolve) => {
      const giveUp = (): void => settle(null);
      let deadline = setTimeout(giveUp, LOADING_MS);
      const memory = setInterval(() => {
        if (process.memoryUsage.rss() > this.data.limits.memoryBytes) giveUp();
      }, 50);
      const settle = (value: FoundTags | null): void => {
        clearTimeout(deadline);
        clearInterval(memory);
        thread.off('message', take).off('exit', giveUp);
        resolve(value);
      };
      const take = (message: FoundTags | null | typeof LOADED): void => {
        if (message !== LOADED) return settle(message);
        clearTimeout(deadline);
        deadline = setTimeout(giveUp, this.lost < PATIENCE ? this.data.limits.fileMs : this.data.limits.fileMs / IMPATIENT_SHARE);
      };
      thread.on('message', take).on('exit', giveUp);
      thread.postMessage(job);
    });
    // After a trap the parser's memory is not to be trusted, and a thread that hangs never answers.
    if (found === null) {
      this.lost++;
      await this.end();
    }
    return found;
  }

  async end(): Promise<void> {
    const { thread } = this;
    this.thread = null;
    await thread?.terminate();
  }

  private start(): Worker {
    this.thread = new Worker(process.argv[1] ?? '', { workerData: this.data, resourceLimits: { maxOldGenerationSizeMb: 128, stackSizeMb: 4 } });
    // Without a listener its failure would be ours; its end is noticed anyway.
    this.thread.on('error', () => undefined);
    return this.thread;
  }
}

async function serve(request: TagsRequest): Promise<void> {
  const known = new Set(request.known);
  const thread = new ParserThread({ wasmFolder: request.wasmFolder, queries: request.queries, limits: request.limits });
  for (const [n, { path, grammar }] of request.files.entries()) {
    const read = sourceOf(join(request.root, path), request.limits.fileBytes);
    if (read === null) {
      send({ skip: n });
    } else if (known.has(read.hash)) {
      send({ n, hash: read.hash });
    } else {
      known.add(read.hash);
      send({ at: n });
      send({ n, hash: read.hash, tags: await thread.parse({ grammar, source: read.source }) });
    }
  }
  await thread.end();
}

/** The thread's side: parses what it is sent. */
function parseJobs(data: ThreadData): void {
  const { Parser, Language, Query } = createRequire(join(data.wasmFolder, 'x.js'))('./tree-sitter.js') as TreeSitter;
  const ready = Parser.init({ locateFile: (name) => join(data.wasmFolder, name) }).then(() => new Parser());
  const loaded = new Map<string, Promise<{ language: unknown; query: InstanceType<TreeSitter['Query']> }>>();
  const load = async (grammar: string): Promise<{ language: unknown; query: InstanceType<TreeSitter['Query']> }> => {
    const language = await Language.load(join(data.wasmFolder, `tree-sitter-${grammar}.wasm`));
    return { language, query: new Query(language, data.queries[grammar] ?? '') };
  };
  const parse = async ({ grammar, source }: Job): Promise<FoundTags | null> => {
    const parser = await ready;
    const known = loaded.get(grammar) ?? load(grammar);
    loaded.set(grammar, known);
    const { language, query } = await known;
    parentPort?.postMessage(LOADED);
    parser.setLanguage(language);
    const tree = parser.parse(source);
    if (!tree) return null;
    const found = tagsOf(query.captures(tree.rootNode), source.split('\n'), data.limits);
    tree.delete();
    return found;
  };
  parentPort?.on('message', (job: Job) => void parse(job).catch(() => null).then((found) => parentPort?.postMessage(found)));
}

function tagsOf(captures: readonly { name: string; node: SyntaxNode }[], lines: readonly string[], limits: TagLimits): FoundTags {
  const definitions = new Map<number, FoundTags['definitions'][number]>();
  const references = new Map<string, number>();
  const places: { name: string; at: number }[] = [];
  for (const { name: kind, node } of captures) {
    const name = node.text;
    if (!NAME.test(name)) continue;
    if (kind === 'ref') {
      places.push({ name, at: node.startIndex });
    } else if (!definitions.has(node.startIndex) && definitions.size < limits.definitions) {
      const { row } = node.startPosition;
      definitions.set(node.startIndex, [name, kind, row + 1, (lines[row] ?? '').trim().slice(0, limits.textCharacters)]);
    }
  }
  for (const { name, at } of places) {
    if (definitions.has(at) || (references.size >= limits.references && !references.has(name))) continue;
    references.set(name, (references.get(name) ?? 0) + 1);
  }
  return { definitions: [...definitions.values()].sort((a, b) => a[2] - b[2]), references: [...references] };
}

if (isMainThread) void serve(JSON.parse(readFileSync(0, 'utf8')) as TagsRequest).then(() => process.stdout.write('', () => process.exit(0)));
else parseJobs(workerData as ThreadData);
