import { findFlagged, type ReviewDiff } from '@app/agent';
import { ReviewFindingStore, UnitOfWork, type ClaimedAttempt, type ReviewFindingRow } from '@app/domain';
import { Injectable } from '@nestjs/common';
import type { FollowedFindings } from '../attempts/opened-review';
import { ReviewRepository } from './review-repository';

const MOST = 500;

export interface FollowRequest {
  readonly attempt: ClaimedAttempt;
  readonly pullRequestId: string;
  readonly diff: ReviewDiff;
  /** The repository that holds the head. */
  readonly gitDir: string;
}

/** Follows the open remarks of a pull request to its head. */
@Injectable()
export class FollowUpFindings {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly findings: ReviewFindingStore,
    private readonly repository: ReviewRepository,
  ) {}

  async of({ attempt, pullRequestId, diff, gitDir }: FollowRequest): Promise<FollowedFindings> {
    const rows = await this.findings.listForPullRequest(this.uow.reader, { organizationId: attempt.organizationId, pullRequestId }, { status: 'open', limit: MOST });
    const files = new Map<string, readonly string[]>();
    const standing: FollowedFindings['standing'][number][] = [];
    const gone: ReviewFindingRow[] = [];
    for (const row of rows) {
      const path = `${row.side}:${row.file}`;
      const lines = files.get(path) ?? (await this.repository.lines(gitDir, row.side === 'RIGHT' ? diff.range.headSha : diff.range.baseSha, row.file));
      files.set(path, lines);
      const found = placeIn(row, lines, diff);
      if (found === null) gone.push(row);
      else standing.push({ row, now: { id: row.id, ...found, taskId: attempt.taskId, attemptId: attempt.attemptId, sha: diff.range.headSha } });
    }
    return { standing, gone };
  }
}

/** A deleted line stands as long as the change deletes it. */
function placeIn(row: ReviewFindingRow, lines: readonly string[], diff: ReviewDiff): { startLine: number | null; endLine: number } | null {
  const found = findFlagged(row, lines);
  if (row.side === 'RIGHT' || found === null) return found;
  return diff.lineAt(row.file, 'LEFT', found.endLine) === null ? null : found;
}
