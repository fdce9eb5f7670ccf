import { redact } from '@app/common';
import { scanForSecrets } from '../delivery/secret-scan';
import type { Submission } from '../journal';
import { secretForms } from '../text/secret-forms';
import { levelRules, type ReviewRules } from './review-rules';
import type { NotShown, PlacedFinding, RatedFinding, Selection } from './selection';

/** Where a commit's checks stand, as it is said to people. */
export interface CiFacts {
  readonly state: 'none' | 'passed' | 'pending' | 'waiting' | 'failed' | 'unknown';
  readonly failing: readonly string[];
  readonly waiting: readonly string[];
  readonly total: number;
  readonly unread: readonly string[];
}

/** A review as it is put before people. */
export interface ReviewToPost {
  readonly taskId: string;
  readonly headSha: string;
  /** The commit up to which an earlier review looked; null: this is the whole change. */
  readonly sinceSha: string | null;
  readonly rules: ReviewRules;
  readonly ci: CiFacts;
  readonly submission: Pick<Submission, 'title' | 'summary'>;
  readonly selection: Selection;
  /** Remarks that people dismissed, here or before: they are not made again. */
  readonly dismissed: number;
  /** Remarks whose code is gone, or that were done. */
  readonly settled: readonly Pick<RatedFinding, 'title' | 'file' | 'endLine'>[];
  readonly leftOut: readonly { readonly path: string; readonly reason: string }[];
  /** Remarks that the second look said nothing about. */
  readonly unscored: number;
  /** Name of the recorded stand-in that took the model's place; null: a real model. */
  readonly standIn: string | null;
}

/** Finds our one summary of a pull request again. */
export const SUMMARY_MARKER = '<!-- async-coder review-summary -->';
const MAX_COMMENT = 60_000;
const MAX_LISTED = 30;
const MAX_LEFT_OUT = 50;

export function reviewMarker(headSha: string): string {
  return `<!-- async-coder review head=${headSha} -->`;
}

export function findingMarker(fingerprint: string): string {
  return `<!-- async-coder finding=${fingerprint} -->`;
}

/** The fingerprint of the remark that a comment of ours is; null: it is none. */
export function findingOfComment(body: string): string | null {
  return /<!-- async-coder finding=([0-9a-f]{64}) -->/.exec(body)?.[1] ?? null;
}

/** A remark as a comment on its lines. Its words were made harmless when it was recorded. */
export function findingComment(finding: RatedFinding, secrets: readonly string[]): string {
  const { severity, category, confidence, title, body, suggestion, side } = finding;
  const words = `**${title}**\n\n${severity} · ${category.replace(/_/g, ' ')} · confidence ${confidence}`;
  const block = suggestion === null || side === 'LEFT' || holdsSecret(suggestion, secrets) ? [] : [`\`\`\`suggestion\n${suggestion}\n\`\`\``];
  return [withoutSecrets([words, body.trim()].join('\n\n'), secrets), ...block, findingMarker(finding.fingerprint)].join('\n\n');
}

/** The body of the one review of a commit. */
export function reviewBody({ headSha, selection, ci }: ReviewToPost): string {
  const count = selection.inline.length;
  const red = ci.state === 'failed' ? ` CI is red at this commit: ${names(ci.failing)}.` : '';
  return `${count} ${count === 1 ? 'remark' : 'remarks'} on ${headSha.slice(0, 12)}; the summary of all reviews is in a comment of its own.${red}\n\n${reviewMarker(headSha)}`;
}

/** The one summary of all reviews of a pull request, with the state of CI first. */
export function summaryComment(review: ReviewToPost, secrets: readonly string[], safe: (markdown: string) => string): string {
  const { submission, selection, settled, dismissed, headSha } = review;
  const parts = [
    `## Review of ${headSha.slice(0, 12)}`, ciLine(review.ci), countLine(review),
    `### ${safe(submission.title).replace(/\s+/g, ' ').trim()}`, safe(submission.summary).trim(),
    ...listed('Remarks on lines', [...selection.inline, ...selection.standing].map(line)),
    ...listed('Further remarks, not on lines', selection.summary.map(({ finding, why }) => `${line(finding)} (${WHY[why]})`)),
    ...folded(`Suppressed: ${selection.suppressed.length}`, selection.suppressed.map(suppressedLine)),
    ...folded(`Settled since: ${settled.length}`, settled.map(({ title, file, endLine }) => `- ${title} (${code(`${file}:${endLine ?? 1}`)})`)),
    ...(dismissed === 0 ? [] : [`${dismissed} more ${dismissed === 1 ? 'was' : 'were'} dismissed by people and ${dismissed === 1 ? 'is' : 'are'} not made again.`]),
    ...leftOutPart(review.leftOut), `---\n${footer(review)}`,
  ];
  const text = withoutSecrets(parts.filter((part) => part !== '').join('\n\n'), secrets);
  return `${text.length > MAX_COMMENT ? `${text.slice(0, MAX_COMMENT)}\n\n… (cut)` : text}\n\n${SUMMARY_MARKER}\n`;
}

/** Of the check run: it is never red, because a review does not decide. */
export function checkOutput(review: ReviewToPost): { readonly title: string; readonly summary: string; readonly conclusion: 'success' | 'neutral' } {
  const { inline, standing } = review.selection;
  const count = inline.length + standing.length;
  const title = count === 0 ? 'No remarks' : `${count} ${count === 1 ? 'remark' : 'remarks'}`;
  return { title, summary: `${ciLine(review.ci)}\n\n${countLine(review)}`, conclusion: count === 0 ? 'success' : 'neutral' };
}

function ciLine({ state, failing, waiting, total, unread }: CiFacts): string {
  const unknown = unread.length === 0 ? '' : ` Could not be read: ${unread.join(', ')}.`;
  switch (state) {
    case 'failed':
      return `**CI is red**: ${names(failing)} of ${total} failed. Look at that first: what follows was read, not run.${unknown}`;
    case 'waiting':
      return `**CI has not run**: ${names(waiting)} ${waiting.length === 1 ? 'waits' : 'wait'} for an approval to run.${unknown}`;
    case 'pending':
      return `CI is still at work.${unknown}`;
    case 'passed':
      return `CI is green (${total}).${unknown}`;
    case 'none':
      return 'No CI has reported on this commit.';
    case 'unknown':
      return `The state of CI is not known.${unknown}`;
  }
}

function countLine({ selection, unscored, rules }: ReviewToPost): string {
  const { inline, standing, summary, suppressed } = selection;
  const scored = unscored === 0 ? '' : ` ${unscored} could not be held against the code a second time.`;
  return `${inline.length} new, ${standing.length} standing, ${summary.length} not on lines, ${suppressed.length} suppressed (from severity ${rules.minSeverity}, from ${levelRules(rules.level).leastScore} of 10 points, ${rules.maxComments} comments at most).${scored}`;
}

const WHY: Readonly<Record<NotShown, string>> = {
  too_many: 'more than the comments that are wanted', off_diff: 'not on a line of the diff', pre_existing: 'not of this change', told_before: 'named by an earlier review', weak: 'weak', minor: 'below the severity that is wanted',
};

function line({ severity, title, file, startLine, endLine }: RatedFinding): string {
  return `- **${severity}** ${title} (${code(`${file}:${startLine === null ? (endLine ?? 1) : `${startLine}-${endLine ?? startLine}`}`)})`;
}

function suppressedLine({ finding, why }: PlacedFinding): string {
  return `${line(finding)}: ${finding.score === null ? '' : `${finding.score} of 10, `}${WHY[why]}`;
}

function listed(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : [`### ${title}`, some(lines)];
}

function folded(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : [`<details><summary>${title}</summary>\n\n${some(lines)}\n\n</details>`];
}

function some(lines: readonly string[], most = MAX_LISTED): string {
  return [...lines.slice(0, most), ...(lines.length > most ? [`- and ${lines.length - most} more`] : [])].join('\n');
}

function leftOutPart(leftOut: ReviewToPost['leftOut']): string[] {
  if (leftOut.length === 0) return [];
  return folded(`Not shown to the reviewer: ${leftOut.length} ${leftOut.length === 1 ? 'file' : 'files'}`, [some(leftOut.map(({ path, reason }) => `- ${code(path)}: ${reason}`), MAX_LEFT_OUT)]);
}

function footer({ headSha, sinceSha, rules, standIn }: ReviewToPost): string {
  const range = sinceSha === null ? `the whole change up to ${headSha}` : `what came after ${sinceSha}, up to ${headSha}`;
  return `Looked at: ${range}. Level: ${rules.level}. A review approves nothing and stops nothing.${standIn === null ? '' : ` Done with a recorded stand-in (${code(standIn)}) in place of a live model.`}`;
}

function names(all: readonly string[]): string {
  const shown = all.slice(0, 10).map(code).join(', ');
  return all.length > 10 ? `${shown} and ${all.length - 10} more` : shown;
}

function code(text: string): string {
  return `\`${text.replace(/[`\r\n]/g, '')}\``;
}

/** A line that holds a credential is left out: a remark about one has to do without it. */
function withoutSecrets(text: string, secrets: readonly string[]): string {
  const plain = redact(text, secretForms(secrets));
  const bad = new Set(scanForSecrets({ patch: '', title: '', body: plain, values: secrets }).map((found) => found.line));
  return plain.split('\n').map((one, n) => (bad.has(n + 1) ? '(A line that holds what looks like a credential was left out.)' : one)).join('\n');
}

function holdsSecret(text: string, secrets: readonly string[]): boolean {
  return scanForSecrets({ patch: '', title: '', body: text, values: secrets }).length > 0;
}
