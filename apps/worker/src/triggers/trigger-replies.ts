import { AppConfig, Logger, type AppError } from '@app/common';
import { GithubComments, GithubIssues, type GithubRepoAccess, type ReactionContent, type ReactionTarget } from '@app/github';
import type { TriggeredRepository } from '@app/domain';
import { Injectable } from '@nestjs/common';
import { BotName } from './bot-name';
import { TriggerGate } from './trigger-gate';
import type { Started } from './trigger-starts';

/** What is answered at GitHub: a reaction, and where something began or could not, one comment. */
export interface TriggerReply {
  /** The issue or pull request. */
  readonly number: number;
  readonly reactOn: ReactionTarget;
  readonly reaction: ReactionContent;
  /** Names what is answered: there is one comment for it, ever. */
  readonly occasion: string;
  readonly text: string | null;
}

/** Answers people at GitHub. Only to those with write access: anybody else learns nothing, not even that it was read. */
@Injectable()
export class TriggerReplies {
  private readonly logger: Logger;

  constructor(
    private readonly gate: TriggerGate,
    private readonly issues: GithubIssues,
    private readonly comments: GithubComments,
    private readonly bot: BotName,
    private readonly config: AppConfig,
    logger: Logger,
  ) {
    this.logger = logger.named('triggers');
  }

  /** What is said of it; null: nothing was to be done. */
  async textFor({ taskIds: [taskId], refusal }: Started, isPrivate: boolean): Promise<string | null> {
    if (refusal) return refused(refusal, isPrivate);
    return taskId === undefined ? null : `I am on it: task [\`${taskId}\`](${this.config.core.PUBLIC_URL}/api/v1/tasks/${taskId}). To stop it, comment \`@${(await this.bot.get()) ?? 'async-coder'} stop\`.`;
  }

  /** A reply that does not get through is no reason to do the work again: it is logged. */
  async send(repository: TriggeredRepository, reply: TriggerReply): Promise<void> {
    try {
      await this.gate.at(repository, { metadata: 'read', issues: 'write', pull_requests: 'write' }, (access) => this.post(access, reply));
    } catch (error) {
      this.logger.warn('An answer at GitHub was not posted', { repositoryId: repository.id, occasion: reply.occasion, err: error });
    }
  }

  private async post(access: GithubRepoAccess, { number, reactOn, reaction, occasion, text }: TriggerReply): Promise<void> {
    await this.issues.react(access, reactOn, reaction);
    if (text === null) return;
    const marker = `<!-- async-coder trigger=${occasion} -->`;
    for (const { body, authorLogin, authorType } of await this.comments.list(access, number)) if (body.includes(marker) && (await this.bot.isOwn({ login: authorLogin, type: authorType }))) return;
    await this.comments.create(access, number, `${text}\n\n${marker}`);
  }
}

/** Where everybody may read it, only that it was refused. */
function refused({ kind }: AppError, isPrivate: boolean): string {
  return isPrivate ? `I could not begin: ${kind.title} (\`${kind.code}\`).` : 'I could not begin. The organization that connected this repository sees why.';
}
