import type { WebhookOutcome } from '@app/domain';
import { Injectable } from '@nestjs/common';
import { ignored, PROCESSED } from '../webhook-source';
import { type GithubEvent, GithubEventHandler } from './github-event-handler';
import { PullRequestMirror } from './pull-request-mirror';

/** Pull requests, ours and everybody else's. */
@Injectable()
export class PullRequestHandler extends GithubEventHandler {
  readonly events = ['pull_request'];

  constructor(private readonly mirror: PullRequestMirror) {
    super();
  }

  async apply({ payload, repositoryId }: GithubEvent): Promise<WebhookOutcome> {
    if (repositoryId === null) return ignored('the repository cannot be read');
    const pull = payload.at('pull_request');
    const known = await this.mirror.keep(repositoryId, { pull, number: payload.integer('number') ?? pull.integer('number'), login: payload.text('sender', 'login') });
    return known.length > 0 ? PROCESSED : ignored('nobody connected this repository, or the pull request cannot be read');
  }
}
