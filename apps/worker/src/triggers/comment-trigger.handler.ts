import { AppError } from '@app/common';
import type { OwningTask, TriggeredRepository, WebhookOutcome } from '@app/domain';
import type { Submitter } from '@app/submission';
import { Injectable } from '@nestjs/common';
import { GithubEventHandler, type GithubEvent } from '../webhooks/github/github-event-handler';
import { ignored, PROCESSED } from '../webhooks/webhook-source';
import { BotName } from './bot-name';
import { CommentFollowUps, type SaidComment } from './comment-follow-ups';
import { isForOthers, mentionOf, type Mention } from './mention';
import { actorOf, commentOf, type GithubActor, type WrittenComment } from './trigger-event';
import { TriggerFinds } from './trigger-finds';
import { TriggerGate } from './trigger-gate';
import { mentionPrompt, reviewPrompt } from './trigger-prompts';
import { TriggerReplies } from './trigger-replies';
import { TriggerStarts, type BuiltIn, type Start } from './trigger-starts';

/** A comment by somebody, and how far it speaks to us. */
interface Spoken {
  readonly actor: GithubActor;
  readonly comment: WrittenComment;
  readonly mention: Mention | null;
  readonly bot: string;
  readonly isPrivate: boolean;
}

const WANTS_REVIEW = /^\s*(?:please\s+)?review\b/i;

/** New comments, reviews, and what issues and pull requests are opened with: messages to the task whose pull request they are on, new tasks where they mention us, and the stop word. */
@Injectable()
export class CommentTriggerHandler extends GithubEventHandler {
  readonly events = ['issue_comment', 'pull_request_review_comment', 'pull_request_review', 'issues', 'pull_request'];

  constructor(
    private readonly gate: TriggerGate,
    private readonly starts: TriggerStarts,
    private readonly finds: TriggerFinds,
    private readonly followUps: CommentFollowUps,
    private readonly replies: TriggerReplies,
    private readonly bot: BotName,
  ) {
    super();
  }

  async apply(event: GithubEvent): Promise<WebhookOutcome> {
    const [actor, comment] = [actorOf(event), commentOf(event)];
    if (!actor || !comment) return ignored();
    const repositories = await this.gate.repositories(event);
    const bot = repositories.length === 0 ? null : await this.bot.get();
    if (bot === null) return ignored();
    const spoken: Spoken = { actor, comment, mention: mentionOf(comment.text, bot), bot, isPrivate: event.payload.flag('repository', 'private') === true };
    let outcome: WebhookOutcome = ignored();
    for (const repository of repositories) if (await this.hear(repository, spoken)) outcome = PROCESSED;
    return outcome;
  }

  private async hear(repository: TriggeredRepository, spoken: Spoken): Promise<boolean> {
    const { actor, comment, mention } = spoken;
    const owner = comment.subject.isPull ? await this.followUps.owner(repository, comment.subject.number) : null;
    if (!isForUs(repository, spoken, owner)) return false;
    const submitter = await this.gate.submitter(repository, actor);
    if (!submitter) return false;
    if (mention?.stops) return this.stop(repository, spoken, submitter);
    if (owner && (await this.say(repository, owner, { comment, words: mention?.text ?? comment.text, userId: submitter.userId, isPrivate: spoken.isPrivate }))) return true;
    return mention !== null && this.begin(repository, { ...spoken, mention }, submitter);
  }

  private async say(repository: TriggeredRepository, owner: OwningTask, said: SaidComment & { readonly isPrivate: boolean }): Promise<boolean> {
    try {
      const isSaid = await this.followUps.say(repository, owner, said);
      if (isSaid) await this.react(repository, said.comment);
      return isSaid;
    } catch (error) {
      if (!(error instanceof AppError) || error.kind.status >= 500) throw error;
      const { name, subject, reactOn } = said.comment;
      await this.replies.send(repository, { number: subject.number, reactOn, reaction: 'confused', occasion: `mention:${name}`, text: await this.replies.textFor({ taskIds: [], refusal: error }, said.isPrivate) });
      return true;
    }
  }

  private async stop(repository: TriggeredRepository, { comment }: Spoken, submitter: Submitter): Promise<boolean> {
    const stopped = await this.followUps.stop(repository, comment.subject.number, submitter);
    if (stopped) await this.react(repository, comment);
    return stopped;
  }

  private async begin(repository: TriggeredRepository, { actor, comment, mention, isPrivate }: Spoken & { mention: Mention }, submitter: Submitter): Promise<boolean> {
    const { subject } = comment;
    const refs = subject.isPull ? await this.finds.pullRequest(repository, subject.number) : null;
    if (subject.isPull && refs === null) return false;
    const branch = refs && !refs.isFork ? refs.headRef : null;
    const start: Start = { repository, actor, subject, kind: 'mention', name: nameOf(repository, comment), match: { branch }, facts: { comment: mention.text, sha: refs?.headSha } };
    const started = (await this.starts.automatic(start)) ?? (await this.starts.builtIn(start, builtIn(repository, { comment, mention, submitter, refs })));
    const text = await this.replies.textFor(started, isPrivate);
    if (text !== null) await this.replies.send(repository, { number: subject.number, reactOn: comment.reactOn, reaction: started.refusal ? 'confused' : 'eyes', occasion: start.name, text });
    return started.taskIds.length > 0;
  }

  private react(repository: TriggeredRepository, { name, subject, reactOn }: WrittenComment): Promise<void> {
    return this.replies.send(repository, { number: subject.number, reactOn, reaction: 'eyes', occasion: `mention:${name}`, text: null });
  }
}

/** Whether it mentions us, or is for the task of our agent's pull request though it does not. */
function isForUs({ settings }: TriggeredRepository, { comment, mention, bot }: Spoken, owner: OwningTask | null): boolean {
  if (mention !== null || owner === null || comment.isOpening) return mention !== null;
  if (comment.asksForChanges) return settings.answerReviews;
  return settings.answerComments === 'all' && !isForOthers(comment.text, bot);
}

/** An issue that is opened with a mention and a label is one occasion. */
function nameOf({ id }: TriggeredRepository, { name, subject, isOpening }: WrittenComment): string {
  return isOpening && !subject.isPull ? `issue:${id}:${subject.number}` : `mention:${name}`;
}

interface Wanted {
  readonly comment: WrittenComment;
  readonly mention: Mention;
  readonly submitter: Submitter;
  readonly refs: Awaited<ReturnType<TriggerFinds['pullRequest']>>;
}

function builtIn({ id, fullName }: TriggeredRepository, { comment, mention, submitter, refs }: Wanted): BuiltIn {
  const { subject } = comment;
  const common = { repositoryId: id, title: subject.title.trim().slice(0, 255) || undefined };
  if (refs && WANTS_REVIEW.test(mention.text)) {
    return { submitter, source: 'mention', request: { ...common, mode: 'pr_review', sourcePullRequestNumber: subject.number, targetBranch: refs.baseRef, prompt: reviewPrompt(fullName, subject) } };
  }
  // Work on somebody's pull request goes into their branch; a fork's branch is not ours to write to.
  const branches = refs === null ? {} : refs.isFork ? { branch: `pull/${subject.number}/head`, targetBranch: refs.baseRef } : { branch: refs.headRef, targetBranch: refs.headRef };
  return { submitter, source: 'mention', request: { ...common, ...branches, prompt: mentionPrompt(fullName, comment, comment.isOpening ? '' : mention.text) } };
}
