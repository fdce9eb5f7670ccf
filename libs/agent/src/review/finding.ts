import { createHash } from 'node:crypto';
import { safeMarkdown } from '../delivery/safe-markdown';
import { showInvisible } from '../text/printable';
import { oneLine } from '../text/shorten';
import type { DiffSide, ReviewDiff } from './review-diff';

export const SEVERITIES = ['low', 'medium', 'high', 'critical'] as const;
export type Severity = (typeof SEVERITIES)[number];
export const CONFIDENCES = ['low', 'medium', 'high'] as const;
export type Confidence = (typeof CONFIDENCES)[number];
export const FINDING_CATEGORIES = ['bug', 'security', 'performance', 'concurrency', 'data_loss', 'api', 'compatibility', 'tests', 'maintainability', 'documentation', 'other'] as const;
export type FindingCategory = (typeof FINDING_CATEGORIES)[number];

/** What a reviewer says about a place of a change. */
export interface FindingDraft {
  readonly file: string;
  readonly side: DiffSide;
  /** Null: the remark is about one line, `endLine`. */
  readonly startLine: number | null;
  readonly endLine: number;
  readonly severity: Severity;
  readonly confidence: Confidence;
  readonly category: FindingCategory;
  readonly title: string;
  readonly body: string;
  /** Lines to put in the place of the flagged ones. */
  readonly suggestion: string | null;
  /** The change did not bring it in. */
  readonly preExisting: boolean;
}

/** A remark as it is kept. */
export interface ReviewFinding extends FindingDraft {
  /** The same remark on the same code has the same one, wherever the code moved: SHA-256 of file, category and the flagged lines. */
  readonly fingerprint: string;
}

/** A remark that stands, with what was changed about it; or why it does not, in words for the model. */
export type CheckedFinding = { readonly ok: true; readonly finding: ReviewFinding; readonly note: string | null } | { readonly ok: false; readonly reason: string };

const MAX_SUGGESTION_LINES = 4;
const MAX_RANGE = 60;
const MAX_TITLE = 120;
const MAX_BODY = 10_000;

/** Holds a remark against the lines of the change. */
export function checkFinding(draft: FindingDraft, diff: ReviewDiff): CheckedFinding {
  const { file, side, endLine } = draft;
  const startLine = draft.startLine === endLine ? null : draft.startLine;
  if (!diff.has(file)) return refused(`${file} is not in the diff; do not re-anchor the remark to another file`);
  const from = startLine ?? endLine;
  if (from > endLine) return refused('startLine is behind endLine');
  if (endLine - from >= MAX_RANGE) return refused(`a remark is about ${MAX_RANGE} lines at most: name those that matter`);
  const lines = diff.linesOf(file, side, from, endLine);
  if (lines === null) return refused(notInDiff(diff, draft, from));
  if (!diff.isJudged(file, side, endLine)) return refused(reviewedBefore(diff));
  const { suggestion, note } = checkedSuggestion(draft, lines);
  const finding = {
    ...draft, startLine, suggestion, title: oneLine(safeMarkdown(draft.title), MAX_TITLE) || draft.category, body: safeMarkdown(draft.body).trim().slice(0, MAX_BODY),
    fingerprint: fingerprintOf(file, draft.category, lines),
  };
  return { ok: true, finding, note };
}

function notInDiff(diff: ReviewDiff, { file, side, endLine }: FindingDraft, from: number): string {
  const place = `line ${from === endLine ? endLine : `${from}-${endLine}`} (${side}) of ${file}`;
  return `${place} is not in the diff; do not re-anchor. In the diff are, each range one part: ${diff.rangesOf(file, side) || 'no lines on this side'}`;
}

function reviewedBefore({ since }: ReviewDiff): string {
  return `these lines were reviewed at ${since?.sha.slice(0, 12) ?? 'an earlier commit'} and did not change since: only what came later is judged`;
}

/** The same for the same remark, also after the code was moved or indented anew. */
export function fingerprintOf(file: string, category: string, lines: readonly string[]): string {
  const text = lines.map((line) => line.replace(/\s+/g, ' ').trim()).filter((line) => line !== '').join('\n');
  return createHash('sha256').update(JSON.stringify([file, category, text])).digest('hex');
}

/** A suggestion replaces new lines; a long one is a patch and does not belong into a remark. */
function checkedSuggestion({ suggestion, side }: FindingDraft, lines: readonly string[]): { suggestion: string | null; note: string | null } {
  if (suggestion === null) return { suggestion: null, note: null };
  const text = suggestion.replace(/\r\n/g, '\n').replace(/\n$/, '');
  if (side === 'LEFT') return { suggestion: null, note: 'its suggestion was dropped: old lines cannot be replaced' };
  if (text.split('\n').length > MAX_SUGGESTION_LINES) return { suggestion: null, note: `its suggestion was dropped: it has more than ${MAX_SUGGESTION_LINES} lines` };
  if (showInvisible(text) !== text) return { suggestion: null, note: 'its suggestion was dropped: it holds characters that nobody sees' };
  if (text.includes('```')) return { suggestion: null, note: 'its suggestion was dropped: it would end its own block' };
  return text === lines.join('\n') ? { suggestion: null, note: 'its suggestion was dropped: it changes nothing' } : { suggestion: text, note: null };
}

function refused(reason: string): CheckedFinding {
  return { ok: false, reason };
}
