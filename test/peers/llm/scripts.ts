import { turnsTaken, type Conversation } from './conversation';
import { matches, type Match } from './faults';
import type { PeerTurn } from './turn';

/**
 * Turns for matching conversations. By `history` the turn is chosen by how many the model has had in this conversation, so a
 * repeated call gets the same answer; by `calls` each call gets the next.
 */
export interface Script {
  readonly match?: Match;
  readonly by?: 'history' | 'calls';
  readonly turns: readonly PeerTurn[];
}

/** A function of what was asked; null: not mine. */
export type Personality = (conversation: Conversation) => PeerTurn | null;

const OVER: PeerTurn = { text: 'The script has no further turn.' };

export class ScriptBook {
  #scripts: { script: Script; calls: number }[] = [];
  #personalities: Personality[] = [];

  add(script: Script): void {
    this.#scripts.unshift({ script, calls: 0 });
  }

  play(personality: Personality): void {
    this.#personalities.unshift(personality);
  }

  /** What the newest fitting script or function says; null when none fits. */
  turnFor(conversation: Conversation): PeerTurn | null {
    const found = this.#scripts.find(({ script }) => matches(script.match, conversation));
    if (found) return found.script.turns[found.script.by === 'calls' ? found.calls++ : turnsTaken(conversation)] ?? OVER;
    for (const personality of this.#personalities) {
      const turn = personality(conversation);
      if (turn) return turn;
    }
    return null;
  }

  clear(): void {
    this.#scripts = [];
    this.#personalities = [];
  }
}
