import { type ForgeComment, type ForgeReview, PullRequestCommentStore, PullRequestReviewStore, ReviewFindingMoves, UnitOfWork, type WebhookOutcome } from '@app/domain';
import { Injectable } from '@nestjs/common';
import { ignored, PROCESSED } from '../webhook-source';
import { issueCommentIn, reviewCommentIn, reviewIn } from './forge-facts';
import { type GithubEvent, GithubEventHandler } from './github-event-handler';
import { GithubLook } from './github-look';
import { type KnownPull, PullRequestMirror } from './pull-request-mirror';

/** What is said about pull requests: reviews, their comments and threads, and the comments below. */
@Injectable()
export class ConversationHandler extends GithubEventHandler {
  readonly events = ['pull_request_review', 'pull_request_review_comment', 'pull_request_review_thread', 'issue_comment'];

  constructor(
    private readonly work: UnitOfWork,
    private readonly mirror: PullRequestMirror,
    private readonly reviews: PullRequestReviewStore,
    private readonly comments: PullRequestCommentStore,
    private readonly findings: ReviewFindingMoves,
    private readonly look: GithubLook,
  ) {
    super();
  }

  async apply(event: GithubEvent): Promise<WebhookOutcome> {
    const { name, payload, repositoryId } = event;
    if (repositoryId === null) return ignored('the repository cannot be read');
    if (name === 'issue_comment' && !payload.has('issue', 'pull_request')) return ignored('this is not about a pull request');
    const keep = this.keeping(event);
    if (!keep) return ignored('what is said cannot be read');
    const pull = payload.at('pull_request');
    const known = await this.mirror.keep(repositoryId, { pull, number: pull.integer('number') ?? payload.integer('issue', 'number'), login: payload.text('sender', 'login') });
    for (const one of known) await keep(one);
    return known.length > 0 ? PROCESSED : ignored('nobody connected this repository, or the pull request is not known');
  }

  private keeping(event: GithubEvent): ((known: KnownPull) => Promise<unknown>) | null {
    const { name, action, payload } = event;
    if (name === 'pull_request_review_thread') return this.keepingThread(event);
    if (name === 'pull_request_review') {
      const review = reviewIn(payload.at('review'));
      return review && (({ pull }) => this.work.run((tx) => this.reviews.mirror(tx, pull.id, action === 'submitted' ? beforeEdits(review) : review)));
    }
    const comment = name === 'issue_comment' ? issueCommentIn(payload.at('comment')) : reviewCommentIn(payload.at('comment'));
    if (!comment) return null;
    if (action === 'deleted') return ({ pull }) => this.work.run((tx) => this.comments.remove(tx, pull.id, comment));
    return ({ pull }) => this.work.run((tx) => this.comments.mirror(tx, pull.id, action === 'created' ? beforeEdits(comment) : comment));
  }

  /** A thread has no time: which of two settings came last, only GitHub knows. */
  private keepingThread({ action, payload }: GithubEvent): ((known: KnownPull) => Promise<void>) | null {
    const nodeId = payload.text('thread', 'node_id');
    const comments = payload.list('thread', 'comments').flatMap((comment) => reviewCommentIn(comment) ?? []);
    if (nodeId === null || (action !== 'resolved' && action !== 'unresolved')) return null;
    const isPerson = payload.text('sender', 'type') !== 'Bot';
    return async ({ repository, pull }) => {
      const isResolved = (await this.look.thread(repository, pull.prNumber, nodeId))?.isResolved ?? action === 'resolved';
      const commentIds = comments.map(({ githubCommentId }) => githubCommentId);
      await this.work.run(async (tx) => {
        for (const comment of comments) await this.comments.mirror(tx, pull.id, comment);
        await this.comments.settleThread(tx, pull.id, { nodeId, commentIds, isResolved });
        if (!isPerson) return;
        if (isResolved) await this.findings.closeByComments(tx, pull.id, commentIds);
        else await this.findings.reopenByComments(tx, pull.id, commentIds);
      });
    };
  }
}

/** GitHub's times are whole seconds: an edit in the second of the creation is the later word. */
function beforeEdits<Said extends ForgeComment | ForgeReview>(said: Said): Said {
  return said.updatedAt === null ? said : { ...said, updatedAt: new Date(said.updatedAt.getTime() - 1) };
}
