import { PULL_REQUEST_MOMENTS, type PullRequestMoment, type TriggeredRepository, type WebhookOutcome } from '@app/domain';
import type { Submitter } from '@app/submission';
import { Injectable } from '@nestjs/common';
import { GithubEventHandler, type GithubEvent } from '../webhooks/github/github-event-handler';
import { ignored, PROCESSED } from '../webhooks/webhook-source';
import { BotName } from './bot-name';
import { actorOf, subjectOf, type GithubActor, type Subject } from './trigger-event';
import { TriggerGate } from './trigger-gate';
import { reviewPrompt } from './trigger-prompts';
import { TriggerReplies } from './trigger-replies';
import { TriggerStarts, type Start } from './trigger-starts';

interface PullEvent {
  readonly actor: GithubActor;
  readonly subject: Subject;
  readonly action: string;
  readonly moment: PullRequestMoment | undefined;
  readonly headSha: string;
  /** Null: its branch is in a fork. */
  readonly branch: string | null;
  readonly base: string;
  readonly isDraft: boolean;
  readonly label: string | null;
  /** A person asked us by name for a review. */
  readonly isAsked: boolean;
  readonly isPrivate: boolean;
}

/** Pull requests: reviews where the repository's settings, a label or a person want one, and what automations want. */
@Injectable()
export class PullTriggerHandler extends GithubEventHandler {
  readonly events = ['pull_request'];

  constructor(
    private readonly gate: TriggerGate,
    private readonly starts: TriggerStarts,
    private readonly replies: TriggerReplies,
    private readonly bot: BotName,
  ) {
    super();
  }

  async apply(event: GithubEvent): Promise<WebhookOutcome> {
    const pull = await this.read(event);
    if (pull === null) return ignored();
    let outcome: WebhookOutcome = ignored();
    for (const repository of await this.gate.repositories(event)) if (await this.begin(repository, pull)) outcome = PROCESSED;
    return outcome;
  }

  private async read(event: GithubEvent): Promise<PullEvent | null> {
    const pull = event.payload.at('pull_request');
    const [actor, subject, headSha] = [actorOf(event), subjectOf(pull, true), pull.text('head', 'sha')];
    if (!actor || !subject || headSha === null || event.action === null || pull.text('state') === 'closed') return null;
    const isFork = pull.id('head', 'repo', 'id') !== event.repositoryId;
    const reviewer = event.payload.at('requested_reviewer');
    return {
      actor, subject, headSha, action: event.action, moment: PULL_REQUEST_MOMENTS.find((moment) => moment === event.action), branch: isFork ? null : pull.text('head', 'ref'),
      base: pull.text('base', 'ref') ?? '', isDraft: pull.flag('draft') === true, label: event.action === 'labeled' ? event.payload.text('label', 'name') : null,
      isAsked: event.action === 'review_requested' && (await this.bot.isOwn({ login: reviewer.text('login'), type: reviewer.text('type') })), isPrivate: event.payload.flag('repository', 'private') === true,
    };
  }

  private async begin(repository: TriggeredRepository, pull: PullEvent): Promise<boolean> {
    const { actor, subject, moment, branch, headSha } = pull;
    const wantsReview = isReviewWanted(repository, pull);
    const start: Start = {
      repository, actor, subject, kind: 'pull_request', name: `pull_request:${subject.number}:${moment ?? pull.action}:${headSha}`, match: { branch, moment }, facts: { sha: headSha },
    };
    const wantsAutomation = moment !== undefined && !pull.isDraft && (await this.starts.isWanted(start));
    if (!(wantsReview || wantsAutomation) || (await this.starts.isOver(start, headSha))) return false;
    const submitter = await this.gate.submitter(repository, actor);
    if (!submitter) return false;
    const automatic = wantsAutomation ? await this.starts.automatic(start) : null;
    return (wantsReview && (await this.review(repository, pull, submitter))) || (automatic !== null && automatic.taskIds.length > 0);
  }

  private async review(repository: TriggeredRepository, pull: PullEvent, submitter: Submitter): Promise<boolean> {
    const { actor, subject, headSha, base, isPrivate } = pull;
    const name = `review:${repository.id}:${subject.number}:${headSha}`;
    const start: Start = { repository, actor, subject, kind: 'pull_request', name, match: { branch: pull.branch }, facts: {} };
    const request = { repositoryId: repository.id, mode: 'pr_review' as const, sourcePullRequestNumber: subject.number, targetBranch: base, title: `Review #${subject.number}: ${subject.title}`.slice(0, 255), prompt: reviewPrompt(repository.fullName, subject) };
    const started = await this.starts.builtIn(start, { submitter, request, source: 'pull_request' });
    // Whom nobody asked does not comment on why it is silent; what was asked for by a person is answered.
    if (pull.isAsked || pull.label !== null) await this.answer(repository, { started, name, number: subject.number, isPrivate });
    return started.taskIds.length > 0;
  }

  private async answer(repository: TriggeredRepository, { started, name, number, isPrivate }: { started: Awaited<ReturnType<TriggerStarts['builtIn']>>; name: string; number: number; isPrivate: boolean }): Promise<void> {
    const text = started.refusal ? await this.replies.textFor(started, isPrivate) : null;
    await this.replies.send(repository, { number, reactOn: { on: 'issue', id: String(number) }, reaction: started.refusal ? 'confused' : 'eyes', occasion: name, text });
  }
}

/** By settings only what is no draft; what a person asks for, in any state. */
function isReviewWanted({ settings }: TriggeredRepository, { moment, isDraft, isAsked, label }: PullEvent): boolean {
  if (isAsked || (label !== null && settings.taskLabel !== null && label.toLowerCase() === settings.taskLabel.toLowerCase())) return true;
  if (moment === undefined || isDraft) return false;
  return moment === 'synchronize' ? settings.reviewOnPush : settings.autoReview;
}
