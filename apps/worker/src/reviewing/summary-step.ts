import { checkOutput, safeMarkdown, SUMMARY_MARKER, summaryComment, type ReviewToPost } from '@app/agent';
import { AppError } from '@app/common';
import { GithubChecks, GithubComments, type IssueCommentFacts } from '@app/github';
import { Injectable } from '@nestjs/common';
import type { Effect } from '../publishing/publish-records';
import { isMissingRight } from './review-access';
import { toPost, type PostStep } from './review-request';
import { ReviewRows } from './review-step';

export const REVIEW_CHECK = 'Async Coder review';

/** The one summary of a pull request, edited in place, and the check run of a commit: intent, look, write, record. */
@Injectable()
export class SummaryStep {
  constructor(
    private readonly rows: ReviewRows,
    private readonly comments: GithubComments,
    private readonly checks: GithubChecks,
  ) {}

  async write(step: PostStep): Promise<void> {
    const { briefing: { attempt }, review: { diff }, subject } = step;
    const { headSha } = diff.range;
    const { records } = this.rows;
    const effect: Effect = { kind: 'comment', key: `comment-${attempt.taskId}-review-${headSha}`, name: `summary in pull request ${subject.pull.number}` };
    const row = await records.intend(attempt, effect, { headSha, number: subject.pull.number });
    if (row.status === 'done') return;
    const posted = toPost(step);
    const comment = await this.put(step, posted);
    step.crash('summary-after');
    await records.write(attempt, async (tx) => {
      const isNew = await records.stores.effects.done(tx, effect.key, { headSha, commentId: comment.id });
      if (!isNew) return;
      await records.append(tx, attempt, { type: 'effect.done', data: { kind: effect.kind, name: effect.name, outcome: 'done', headSha, number: subject.pull.number, url: comment.url } });
      const pull = await records.stores.pullRequests.find(tx, attempt.organizationId, subject.pullRequestId);
      if (pull) await this.rows.history.tell(tx, attempt.taskId, pull, { headSha, url: comment.url, ...countsOf(posted) });
    });
  }

  /** The summary that is known or found by its marker, changed; else a new one. */
  private async put(step: PostStep, posted: ReviewToPost): Promise<IssueCommentFacts> {
    const { access, briefing: { repo, task }, subject, secrets } = step;
    const { records, history } = this.rows;
    const hosts = URL.canParse(repo.url) ? [new URL(repo.url).hostname] : [];
    const body = summaryComment(posted, secrets, (text) => safeMarkdown(text, hosts));
    const about = { organizationId: task.organizationId, pullRequestId: subject.pullRequestId };
    const known = await records.write(step.briefing.attempt, (tx) => history.summaryCommentId(tx, about));
    const changed = known === null ? null : await this.comments.update(access, known, body);
    if (changed) return changed;
    const found = (await this.comments.list(access, subject.pull.number)).find((comment) => comment.authorType === 'Bot' && comment.body.includes(SUMMARY_MARKER));
    return (found && (await this.comments.update(access, found.id, body))) ?? this.comments.create(access, subject.pull.number, body);
  }

  /** Where the App may not write checks there is none, and the review is complete without it. */
  async check(step: PostStep): Promise<void> {
    const { access, briefing: { attempt }, review: { diff } } = step;
    const { headSha } = diff.range;
    const { records } = this.rows;
    const effect: Effect = { kind: 'check_run', key: `check_run-${attempt.taskId}-${headSha}`, name: REVIEW_CHECK };
    const row = await records.intend(attempt, effect, { headSha });
    if (row.status === 'done') return;
    const { conclusion, ...output } = checkOutput(toPost(step));
    try {
      const known = await this.checks.find(access, { name: REVIEW_CHECK, headSha, externalId: attempt.taskId });
      const run = known ? await this.checks.update(access, known.id, { conclusion, output }) : await this.checks.create(access, { name: REVIEW_CHECK, headSha, externalId: attempt.taskId, conclusion, output });
      await records.write(attempt, async (tx) => {
        const isNew = await records.stores.effects.done(tx, effect.key, { headSha, checkRunId: run.id, conclusion });
        if (isNew) await records.append(tx, attempt, { type: 'effect.done', data: { kind: effect.kind, name: effect.name, outcome: conclusion, headSha, ...(run.url === null ? {} : { url: run.url }) } });
      });
    } catch (error) {
      if (!isMissingRight(error)) throw error;
      await records.refuse(attempt, effect, error instanceof AppError ? error.code : 'unknown');
    }
  }
}

function countsOf({ selection, dismissed, settled }: ReviewToPost): Readonly<Record<string, number>> {
  const { inline, standing, summary, suppressed } = selection;
  return { comments: inline.length, standing: standing.length, inSummary: summary.length, suppressed: suppressed.length, dismissed, settled: settled.length };
}
