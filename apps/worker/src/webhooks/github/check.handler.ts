import { CommitCheckStore, type ForgeCheck, GitRepoMirrorStore, UnitOfWork, type WebhookOutcome } from '@app/domain';
import { Injectable } from '@nestjs/common';
import { ignored, PROCESSED } from '../webhook-source';
import { checkRunIn, checkSuiteIn, statusIn, workflowRunIn } from './check-facts';
import { type GithubEvent, GithubEventHandler } from './github-event-handler';

/** Keeps how the checks of commits stand. */
@Injectable()
export class CheckHandler extends GithubEventHandler {
  readonly events = ['check_run', 'check_suite', 'status', 'workflow_run'];

  constructor(
    private readonly work: UnitOfWork,
    private readonly repositories: GitRepoMirrorStore,
    private readonly checks: CommitCheckStore,
  ) {
    super();
  }

  async apply(event: GithubEvent): Promise<WebhookOutcome> {
    const check = checkOf(event);
    if (!check || event.repositoryId === null) return ignored('the check cannot be read');
    const repositoryId = event.repositoryId;
    return this.work.run(async (tx) => {
      const repositories = await this.repositories.connected(tx, repositoryId);
      for (const { id } of repositories) await this.checks.mirror(tx, id, check);
      return repositories.length > 0 ? PROCESSED : ignored('nobody connected this repository');
    });
  }
}

function checkOf({ name, payload }: GithubEvent): ForgeCheck | null {
  if (name === 'check_run') return checkRunIn(payload.at('check_run'));
  if (name === 'check_suite') return checkSuiteIn(payload.at('check_suite'));
  return name === 'status' ? statusIn(payload) : workflowRunIn(payload.at('workflow_run'));
}
