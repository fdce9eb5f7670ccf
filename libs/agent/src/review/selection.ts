import { SEVERITIES, type ReviewFinding } from './finding';
import { levelRules, type ReviewRules } from './review-rules';

/** A remark with what is known of it besides its words. */
export interface RatedFinding extends Omit<ReviewFinding, 'category' | 'endLine'> {
  readonly id: string;
  readonly category: string;
  readonly endLine: number | null;
  /** Of the second look, 0 to 10; null: nobody looked again. */
  readonly score: number | null;
  /** Its comment at the forge; null: it has none. */
  readonly githubCommentId: string | null;
  /** An earlier review named or left it out: it is not made a comment later. */
  readonly isToldBefore?: boolean;
}

/** Why a remark is not a comment. */
export type NotShown = 'weak' | 'minor' | 'too_many' | 'off_diff' | 'pre_existing' | 'told_before';

export interface PlacedFinding {
  readonly finding: RatedFinding;
  readonly why: NotShown;
}

/** Which remarks become comments, which are named in the summary, and which are only counted and listed. */
export interface Selection {
  /** New comments, the gravest first. */
  readonly inline: readonly RatedFinding[];
  /** Comments that stand there from an earlier review and are still true. */
  readonly standing: readonly RatedFinding[];
  readonly summary: readonly PlacedFinding[];
  readonly suppressed: readonly PlacedFinding[];
}

/** @param isOnDiff whether the forge takes a comment there */
export function selectFindings(findings: readonly RatedFinding[], rules: ReviewRules, isOnDiff: (finding: RatedFinding) => boolean): Selection {
  const standing = findings.filter(({ githubCommentId }) => githubCommentId !== null);
  const placed = findings.filter(({ githubCommentId }) => githubCommentId === null).map((finding) => ({ finding, why: whyNot(finding, rules, isOnDiff) }));
  const good = placed.filter(({ why }) => why === null).map(({ finding }) => finding).sort(gravestFirst);
  const put = (whys: readonly NotShown[]): PlacedFinding[] => placed.flatMap(({ finding, why }) => (why !== null && whys.includes(why) ? [{ finding, why }] : [])).sort((a, b) => gravestFirst(a.finding, b.finding));
  const rest = good.slice(rules.maxComments).map((finding) => ({ finding, why: 'too_many' as const }));
  return { inline: good.slice(0, rules.maxComments), standing, summary: [...rest, ...put(['off_diff', 'pre_existing', 'told_before'])], suppressed: put(['weak', 'minor']) };
}

/** A comment that a forge refused is named in the summary. */
export function moveToSummary(selection: Selection, refused: ReadonlySet<string>): Selection {
  const moved = selection.inline.filter(({ id }) => refused.has(id)).map((finding) => ({ finding, why: 'off_diff' as const }));
  return { ...selection, inline: selection.inline.filter(({ id }) => !refused.has(id)), summary: [...selection.summary, ...moved] };
}

function whyNot(finding: RatedFinding, { level, minSeverity }: ReviewRules, isOnDiff: (finding: RatedFinding) => boolean): NotShown | null {
  const { leastScore, takesLowConfidence } = levelRules(level);
  const isWeak = finding.score === null ? finding.confidence === 'low' && !takesLowConfidence : finding.score < leastScore;
  if (isWeak) return 'weak';
  if (SEVERITIES.indexOf(finding.severity) < SEVERITIES.indexOf(minSeverity)) return 'minor';
  if (finding.preExisting) return 'pre_existing';
  if (finding.isToldBefore === true) return 'told_before';
  return isOnDiff(finding) ? null : 'off_diff';
}

const CONFIDENCE = ['low', 'medium', 'high'];

function gravestFirst(a: RatedFinding, b: RatedFinding): number {
  return SEVERITIES.indexOf(b.severity) - SEVERITIES.indexOf(a.severity) || (b.score ?? 0) - (a.score ?? 0) || CONFIDENCE.indexOf(b.confidence) - CONFIDENCE.indexOf(a.confidence);
}
