import { fingerprintOf, type ReviewFinding } from './finding';

/** A remark of an earlier review, as far as it takes to find its code again. */
export type FollowedFinding = Pick<ReviewFinding, 'file' | 'side' | 'startLine' | 'fingerprint'> & { readonly category: string; readonly endLine: number | null };

/** Where the code of a remark is in a file now, nearest to where it was; null: it is not there any more. */
export function findFlagged(finding: FollowedFinding, lines: readonly string[]): { readonly startLine: number | null; readonly endLine: number } | null {
  const { file, category, startLine, fingerprint } = finding;
  const endLine = finding.endLine ?? 1;
  const count = endLine - (startLine ?? endLine) + 1;
  const was = endLine - count;
  const starts = Array.from({ length: Math.max(0, lines.length - count + 1) }, (_, n) => n).sort((a, b) => Math.abs(a - was) - Math.abs(b - was));
  const found = starts.find((start) => fingerprintOf(file, category, lines.slice(start, start + count)) === fingerprint);
  if (found === undefined) return null;
  return { startLine: startLine === null ? null : found + 1, endLine: found + count };
}
