import type { TriggeredRepository, WebhookOutcome } from '@app/domain';
import { Injectable } from '@nestjs/common';
import { GithubEventHandler, type GithubEvent } from '../webhooks/github/github-event-handler';
import { ignored, PROCESSED } from '../webhooks/webhook-source';
import { BotName } from './bot-name';
import { actorOf, subjectOf, type GithubActor, type Subject } from './trigger-event';
import { TriggerGate } from './trigger-gate';
import { issuePrompt } from './trigger-prompts';
import { TriggerReplies } from './trigger-replies';
import { TriggerStarts, type Start, type Started } from './trigger-starts';

interface IssueEvent {
  readonly actor: GithubActor;
  readonly subject: Subject;
  /** The label that was put on; null: it was assigned to us. */
  readonly label: string | null;
  readonly isPrivate: boolean;
}

/** A label on an issue, or its assignment to us, makes it a task. */
@Injectable()
export class IssueTriggerHandler extends GithubEventHandler {
  readonly events = ['issues'];

  constructor(
    private readonly gate: TriggerGate,
    private readonly starts: TriggerStarts,
    private readonly replies: TriggerReplies,
    private readonly bot: BotName,
  ) {
    super();
  }

  async apply(event: GithubEvent): Promise<WebhookOutcome> {
    const issue = await this.read(event);
    if (issue === null) return ignored();
    let outcome: WebhookOutcome = ignored();
    for (const repository of await this.gate.repositories(event)) if (await this.begin(repository, issue)) outcome = PROCESSED;
    return outcome;
  }

  private async read({ action, payload }: GithubEvent): Promise<IssueEvent | null> {
    const [actor, subject] = [actorOf({ payload } as GithubEvent), subjectOf(payload.at('issue'))];
    if (!actor || !subject || payload.text('issue', 'state') === 'closed') return null;
    const about = { actor, subject, isPrivate: payload.flag('repository', 'private') === true };
    if (action === 'labeled') return payload.has('label', 'name') ? { ...about, label: payload.text('label', 'name') } : null;
    const isOurs = action === 'assigned' && (await this.bot.isOwn({ login: payload.text('assignee', 'login'), type: payload.text('assignee', 'type') }));
    return isOurs ? { ...about, label: null } : null;
  }

  private async begin(repository: TriggeredRepository, { actor, subject, label, isPrivate }: IssueEvent): Promise<boolean> {
    const isBuiltIn = label === null || (repository.settings.taskLabel !== null && label.toLowerCase() === repository.settings.taskLabel.toLowerCase());
    const start: Start = { repository, actor, subject, kind: 'issue_label', name: `issue:${repository.id}:${subject.number}`, match: { branch: null, label: label ?? undefined }, facts: {} };
    const isWanted = isBuiltIn || (await this.starts.isWanted(start));
    const submitter = isWanted ? await this.gate.submitter(repository, actor) : null;
    if (!submitter) return false;
    const automatic = label === null ? null : await this.starts.automatic(start);
    if (automatic === null && !isBuiltIn) return false;
    const request = { repositoryId: repository.id, title: subject.title.trim().slice(0, 255) || undefined, prompt: issuePrompt(repository.fullName, subject) };
    const started = automatic ?? (await this.starts.builtIn(start, { submitter, request, source: 'issue' }));
    await this.answer(repository, { started, start, subject, isPrivate });
    return started.taskIds.length > 0;
  }

  private async answer(repository: TriggeredRepository, { started, start, subject, isPrivate }: { started: Started; start: Start; subject: Subject; isPrivate: boolean }): Promise<void> {
    const text = await this.replies.textFor(started, isPrivate);
    if (text === null) return;
    await this.replies.send(repository, { number: subject.number, reactOn: { on: 'issue', id: String(subject.number) }, reaction: started.refusal ? 'confused' : 'eyes', occasion: start.name, text });
  }
}
