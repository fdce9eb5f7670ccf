import type { Submission } from '../journal';
import { SEVERITIES, type ReviewFinding } from '../review/finding';
import type { PlacedFinding } from '../review/selection';
import { safeMarkdown } from './safe-markdown';

/** What a review needs besides its words. */
export interface ReviewFacts {
  readonly findings: readonly (Pick<ReviewFinding, 'severity' | 'confidence' | 'title' | 'body' | 'file' | 'startLine' | 'suggestion' | 'preExisting'> & { readonly category: string; readonly endLine: number | null })[];
  /** Remarks that are weak or of too little weight, with what was wrong with them. */
  readonly suppressed: readonly PlacedFinding[];
  readonly range: { readonly base: string; readonly head: string; readonly baseSha: string; readonly headSha: string };
  /** Files of the change that the model was not shown. */
  readonly leftOut: readonly { readonly path: string; readonly reason: string }[];
}

const MAX_NAMED = 50;

/** A review as Markdown: summary, remarks from the gravest on, and what was looked at. */
export function composeReview(submission: Submission, { findings, suppressed, range, leftOut }: ReviewFacts): string {
  const sorted = [...findings].sort((a, b) => SEVERITIES.indexOf(b.severity) - SEVERITIES.indexOf(a.severity));
  const list = sorted.length === 0 ? 'No remarks.' : sorted.map(remark).join('\n\n');
  const left = suppressed.length === 0 ? [] : [`## Suppressed (${suppressed.length})`, suppressed.slice(0, MAX_NAMED).map(({ finding, why }) => `- ${finding.title} (${code(`${finding.file}:${finding.endLine ?? 1}`)}): ${finding.score === null ? '' : `${finding.score} of 10, `}${why}`).join('\n')];
  const unseen = leftOut.length === 0 ? [] : ['## Not shown to the reviewer', leftOut.slice(0, MAX_NAMED).map(({ path, reason }) => `- ${code(path)}: ${reason}`).join('\n') + (leftOut.length > MAX_NAMED ? `\n- and ${leftOut.length - MAX_NAMED} more` : '')];
  return [
    `# ${safeMarkdown(submission.title).replace(/\s+/g, ' ').trim()}`, safeMarkdown(submission.summary).trim(), `## Remarks (${sorted.length})`, list, ...left, ...unseen,
    `---\n${code(range.base)} at ${range.baseSha} → ${code(range.head)} at ${range.headSha}.`,
  ].join('\n\n') + '\n';
}

function remark({ severity, confidence, category, title, body, file, startLine, endLine, suggestion, preExisting }: ReviewFacts['findings'][number]): string {
  const place = code(`${file}:${startLine === null ? (endLine ?? 1) : `${startLine}-${endLine ?? startLine}`}`);
  const words = [severity, category.replace(/_/g, ' '), `confidence ${confidence}`, ...(preExisting ? ['not of this change'] : [])].join(', ');
  return [`### ${title}`, `${place} · ${words}`, body, ...(suggestion === null ? [] : [`\`\`\`suggestion\n${suggestion}\n\`\`\``])].join('\n\n');
}

function code(text: string): string {
  return `\`${text.replace(/[`\r\n]/g, '')}\``;
}
