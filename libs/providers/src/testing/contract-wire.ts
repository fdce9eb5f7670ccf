import type { ModelErrorKind } from '../model-error';
import { ModelError } from '../model-error';
import type { ModelMessage, Part, ToolSpec } from '../message';
import type { ModelCapabilities, ModelChunk, ModelEnd, ModelProvider, ModelRequest } from '../model-provider';

interface Counts {
  readonly inputTokens: number;
  readonly cacheReadTokens: number;
  readonly cacheWriteShortTokens: number;
  readonly cacheWriteLongTokens: number;
  readonly outputTokens: number;
  readonly reasoningTokens: number;
}

/** A turn as the vendor's stand-in plays it. */
export interface ContractTurn {
  readonly thinking?: string;
  readonly text?: string;
  readonly calls?: readonly { readonly name: string; readonly args?: unknown; readonly rawArgs?: string }[];
  readonly stop?: 'refusal' | 'length' | 'window';
}

export interface ContractFault {
  readonly status?: number;
  readonly type?: string;
  readonly code?: string;
  readonly message?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly retryDelay?: string;
  readonly delayMs?: number;
  readonly cutAfter?: number;
  readonly endAfter?: number;
  readonly errorAfter?: number;
  readonly hangAfter?: number;
  readonly chunkBytes?: number;
  readonly chunkDelayMs?: number;
}

export interface ContractCall {
  readonly status: number;
  readonly usage: Counts | null;
  readonly isComplete: boolean;
  readonly isAborted: boolean;
  readonly requestId: string;
  readonly body: unknown;
  readonly error: string | null;
}

/** The vendor's stand-in, over real HTTP. */
export interface ContractPeer {
  readonly url: string;
  requests(): readonly ContractCall[];
  script(script: { readonly by: 'calls'; readonly turns: readonly ContractTurn[] }): void;
  fault(fault: ContractFault): void;
  setContextWindow(tokens: number): void;
  reset(): void;
  stop(): Promise<void>;
}

export interface WireUnderTest {
  readonly startPeer: () => Promise<ContractPeer>;
  readonly connect: (peerUrl: string, key?: string) => ModelProvider;
  readonly model: string;
  readonly otherModel: string;
  readonly capabilities: ModelCapabilities;
  /** Faults as this vendor reports them, and the kind each must become. */
  readonly faults: readonly (readonly [name: string, fault: ContractFault, kind: ModelErrorKind])[];
  /** How this vendor says in the middle of a stream that it is overloaded. */
  readonly overload: ContractFault;
  /** HTTP status of a wrong key. */
  readonly wrongKeyStatus: number;
  /** Whether usage is known before the end of a stream. */
  readonly reportsUsageEarly: boolean;
  /** Whether writing to the prompt cache is counted. */
  readonly countsCacheWrites: boolean;
  /** Whether each answer, also an error, has an id of the vendor's. */
  readonly namesRequests: boolean;
  /** Whether arguments travel as text, which may be broken; else as objects, and the vendor keeps what is none to itself. */
  readonly hasTextArguments: boolean;
  /** The model's thinking in a request that this wire sent; empty when there is none. */
  readonly thinkingIn: (body: unknown) => string[];
  /** The parts of a request in the order in which the vendor caches them, without cache marks. */
  readonly promptOf: (body: unknown) => unknown[];
  /** How many of these parts the vendor may keep; all of them when it needs no marks. */
  readonly cachedPartsOf?: (body: unknown) => number;
}

export const TOOLS: ToolSpec[] = [
  { name: 'read', description: 'Reads a file.', parameters: { type: 'object', properties: { path: { type: 'string' } }, required: ['path'] } },
  { name: 'bash', description: 'Runs a command.', parameters: { type: 'object', properties: { command: { type: 'string' } }, required: ['command'] } },
];
export const LONG = 'A line of a long document that is worth caching.\n'.repeat(200);

export const user = (text: string): ModelMessage => ({ role: 'user', parts: [{ t: 'text', text }] });
export const assistant = (text: string): ModelMessage => ({ role: 'assistant', parts: [{ t: 'text', text }] });
export const call = (id: string, name = 'read'): Part => ({ t: 'call', id, name, args: { path: 'a.txt' } });
export const result = (id: string, text = 'one', name = 'read'): Part => ({ t: 'result', id, name, text, isError: false });
/** The results of an answer's calls. */
export const resultsFor = ({ parts }: ModelMessage, text = 'one'): ModelMessage => ({ role: 'tool', parts: parts.flatMap((part) => (part.t === 'call' ? [result(part.id, text, part.name)] : [])) });
/** As it comes back from a database. */
export const stored = (message: ModelMessage): ModelMessage => JSON.parse(JSON.stringify(message)) as ModelMessage;

export interface Heard {
  readonly text: string;
  readonly think: string;
  readonly end: ModelEnd;
}

/** Listens to the end. @throws what the stream throws; {Error} when there is not exactly one end, last. */
export async function listen(stream: AsyncIterable<ModelChunk>): Promise<Heard> {
  const heard = { text: '', think: '' };
  const ends: ModelEnd[] = [];
  for await (const chunk of stream) {
    if (ends.length > 0) throw new Error('something followed the end');
    if (chunk.t === 'delta') heard[chunk.kind] += chunk.text;
    else ends.push(chunk);
  }
  const [end] = ends;
  if (!end) throw new Error('the stream had no end');
  return { ...heard, end };
}

/** One wire and its vendor's stand-in, as the parts of the contract use them. */
export class ContractHouse {
  #peer: ContractPeer | null = null;
  #provider: ModelProvider | null = null;

  constructor(readonly wire: WireUnderTest) {
    beforeAll(async () => {
      this.#peer = await wire.startPeer();
      this.#provider = wire.connect(this.#peer.url);
    });
    beforeEach(() => this.peer.reset());
    afterAll(() => this.peer.stop());
  }

  get peer(): ContractPeer {
    return known(this.#peer);
  }

  get provider(): ModelProvider {
    return known(this.#provider);
  }

  request(messages: readonly ModelMessage[], change: Partial<ModelRequest> = {}): ModelRequest {
    return { model: this.wire.model, capabilities: this.wire.capabilities, system: 'You are careful.', messages, tools: TOOLS, maxTokens: 4_096, cacheKey: 'task-1', ...change };
  }

  ask(messages: readonly ModelMessage[], change?: Partial<ModelRequest>): Promise<Heard> {
    return listen(this.provider.stream(this.request(messages, change), new AbortController().signal));
  }

  play(...turns: readonly ContractTurn[]): void {
    this.peer.script({ by: 'calls', turns });
  }

  lastRequest(): ContractCall {
    return known(this.peer.requests().at(-1));
  }

  /** Every request of the test was taken: the stand-in refuses what the vendor refuses. */
  expectAllAccepted(count: number): void {
    expect(this.peer.requests().map(({ status, error }) => (status === 200 ? 'accepted' : error))).toEqual(Array.from({ length: count }, () => 'accepted'));
  }
}

/** The error that this ends with. */
export async function failure(work: Promise<unknown>): Promise<ModelError> {
  const error = await work.then(() => null, (reason: unknown) => reason);
  expect(error).toBeInstanceOf(ModelError);
  return error as ModelError;
}

export async function until(done: () => boolean): Promise<void> {
  for (let tries = 0; !done(); tries++) {
    if (tries > 200) throw new Error('it did not happen within 4 s');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

function known<T>(value: T | null | undefined): T {
  if (value === null || value === undefined) throw new Error('it is not there yet');
  return value;
}
