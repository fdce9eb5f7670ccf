import type { Conversation } from './conversation';
import { FaultQueue } from './faults';
import { Journal } from './journal';
import { ScriptBook, type Personality } from './scripts';
import { PromptCache } from './tokens';
import { finishTurn, type Answer } from './turn';
import type { Wire } from './wire';

const CONTEXT_WINDOW = 200_000;

/** Everything that the peer remembers. */
export class PeerState {
  readonly journal = new Journal();
  readonly faults = new FaultQueue();
  readonly scripts = new ScriptBook();
  readonly #cache = new PromptCache();
  contextWindow = CONTEXT_WINDOW;

  constructor(
    /** Answers what no script fits. */
    private readonly fallback: Personality,
    /** Pause before each streamed event. */
    readonly paceMs = 0,
  ) {}

  /** @throws {Refusal} when the prompt is larger than the window. */
  answer(wire: Wire, conversation: Conversation): Answer {
    const { total, read, written } = this.#cache.count(ownerOf(conversation), conversation.pieces, wire.hasCacheBreakpoints);
    wire.checkWindow(total, this.contextWindow);
    const turn = this.scripts.turnFor(conversation) ?? this.fallback(conversation) ?? {};
    const counted = wire.countsCacheWrites ? written : 0;
    return finishTurn(turn, conversation, { inputTokens: total - read - counted, cacheReadTokens: read, cacheWriteShortTokens: counted, cacheWriteLongTokens: 0 });
  }

  /** An answered prompt is in the vendor's cache. */
  remember(wire: Wire, conversation: Conversation): void {
    this.#cache.remember(ownerOf(conversation), conversation.pieces, wire.hasCacheBreakpoints);
  }

  reset(): void {
    this.journal.clear();
    this.faults.clear();
    this.scripts.clear();
    this.#cache.clear();
    this.contextWindow = CONTEXT_WINDOW;
  }
}

function ownerOf({ key, model }: Conversation): string {
  return `${key} ${model}`;
}
