import type { RatedFinding, RemarkToJudge, SecondLook } from '@app/agent';
import { ReviewFindingMoves, type ReviewFindingRow } from '@app/domain';
import { Injectable } from '@nestjs/common';
import { AttemptAgent } from '../attempts/attempt-agent';
import type { OpenedModels } from '../attempts/attempt-models';
import type { Briefing } from '../attempts/briefing';
import { DeliveryStores } from '../attempts/delivery-stores';
import type { OpenedReview } from '../attempts/opened-review';
import type { GitWorkspace } from '../workspace/git-workspace';
import { ReviewRepository } from './review-repository';

/** Lines of code on each side of what a remark is about. */
const AROUND = 25;

export interface SecondPassWork {
  readonly briefing: Briefing;
  readonly workspace: GitWorkspace;
  readonly review: OpenedReview;
  readonly models: OpenedModels;
  readonly signal: AbortSignal;
}

/** Has every remark held against the code once more, and keeps what came of it. A remark that has its score is not looked at again. */
@Injectable()
export class SecondPass {
  constructor(
    private readonly agent: AttemptAgent,
    private readonly repository: ReviewRepository,
    private readonly stores: DeliveryStores,
    private readonly moves: ReviewFindingMoves,
  ) {}

  /** Null: done; else why it stopped. @throws {ModelError}; {StopError} */
  async run(work: SecondPassWork, findings: readonly ReviewFindingRow[]): Promise<Extract<SecondLook, { kind: 'paused' }> | null> {
    const { review, briefing } = work;
    const isEarlier = ({ lastConfirmedSha, firstSeenSha }: ReviewFindingRow): boolean => firstSeenSha !== lastConfirmedSha;
    // Once at each head: what was confirmed here before was judged then.
    const fresh = new Set(review.followed.standing.filter(({ row }) => row.lastConfirmedSha !== review.diff.range.headSha && review.diff.isFileJudged(row.file)).map(({ row }) => row.id));
    const wanted = findings.filter(({ id, score }) => score === null || fresh.has(id));
    if (wanted.length === 0) return null;
    const remarks = await Promise.all(wanted.map(async (row): Promise<RemarkToJudge> => ({ finding: rated(row), code: await this.codeOf(work, row), isEarlier: isEarlier(row) })));
    const look = await this.agent.lookAgain(briefing, work, remarks);
    if (look.kind === 'paused') return look;
    await this.stores.write(briefing, async (tx) => {
      const { organizationId } = briefing.task;
      await this.moves.score(tx, organizationId, look.judged);
      await this.moves.resolve(tx, organizationId, look.judged.filter(({ isFixed }) => isFixed).map(({ id }) => id));
    });
    return null;
  }

  private async codeOf({ review: { diff, gitDir } }: SecondPassWork, { file, side, startLine, endLine }: ReviewFindingRow): Promise<string> {
    const lines = await this.repository.lines(gitDir, side === 'RIGHT' ? diff.range.headSha : diff.range.baseSha, file);
    const [from, to] = [Math.max(1, (startLine ?? endLine ?? 1) - AROUND), (endLine ?? 1) + AROUND];
    return lines.slice(from - 1, to).map((text, n) => `${String(from + n).padStart(5)} ${text.slice(0, 400)}`).join('\n');
  }
}

/** A row as what is chosen from. */
export function rated(row: ReviewFindingRow): RatedFinding {
  return { ...row, isToldBefore: row.surfaced !== null && row.firstSeenSha !== row.lastConfirmedSha };
}
