import type { ModelMessage, Part } from '@app/providers';
import type { Turn } from './turn';

const LEFT_OUT = '[output left out to save space; call the tool again if you need it]';
/** Shorter outputs are not worth blanking. */
const KEPT_CHARACTERS = 400;

/** How a history was made shorter. Without a summary only the outputs of tools up to there are left out. */
export interface Compaction {
  readonly upToSeq: number;
  readonly summary: string;
}

/** The turns after a compaction. A call and its result are never parted; what the user wrote stays. */
export function applyCompaction(turns: readonly Turn[], compaction: Compaction): Turn[] {
  if (compaction.summary.trim() === '') return turns.map((turn) => (turn.seq <= compaction.upToSeq ? blanked(turn) : turn));
  const cut = cutBefore(turns, compaction.upToSeq);
  const kept = turns.slice(0, cut).filter((turn) => turn.fromUser);
  const text = `<summary-of-your-work-so-far>\n${compaction.summary.trim()}\n</summary-of-your-work-so-far>`;
  return [...kept, { seq: compaction.upToSeq, fromUser: false, message: { role: 'user', parts: [{ t: 'text', text }] } }, ...turns.slice(cut)];
}

/** Index of the first turn that stays: after `upToSeq`, and never a result without its call. */
export function cutBefore(turns: readonly Turn[], upToSeq: number): number {
  const first = turns.findIndex((turn) => turn.seq > upToSeq);
  const cut = first < 0 ? turns.length : first;
  return turns[cut]?.message.role === 'tool' && cut > 0 ? cut - 1 : cut;
}

/** Characters that blanking a turn's outputs frees. */
export function blankable(message: ModelMessage): number {
  return message.parts.reduce((sum, part) => sum + (part.t === 'result' && part.text.length > KEPT_CHARACTERS ? part.text.length - LEFT_OUT.length : 0), 0);
}

function blanked(turn: Turn): Turn {
  if (turn.message.role !== 'tool') return turn;
  const parts = turn.message.parts.map((part): Part => (part.t === 'result' && part.text.length > KEPT_CHARACTERS ? { ...part, text: LEFT_OUT } : part));
  return { ...turn, message: { ...turn.message, parts } };
}
