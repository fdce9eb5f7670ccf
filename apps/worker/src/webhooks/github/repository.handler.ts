import { GitRepoMirrorStore, InstallationMirrorStore, type Tx, UnitOfWork, UserRepositoryAccessStore, type WebhookOutcome } from '@app/domain';
import { Injectable } from '@nestjs/common';
import { ignored, PROCESSED } from '../webhook-source';
import { repositoryIn } from './forge-facts';
import { type GithubEvent, GithubEventHandler } from './github-event-handler';
import { WithdrawnTasks } from './withdrawn-tasks';

/** After these, who may do what is another question. */
const CHANGES_HANDS = ['transferred', 'privatized', 'publicized'];

/** What becomes of repositories: renamed, moved, shown, hidden, archived, gone. */
@Injectable()
export class RepositoryHandler extends GithubEventHandler {
  readonly events = ['repository', 'public'];

  constructor(
    private readonly work: UnitOfWork,
    private readonly repositories: GitRepoMirrorStore,
    private readonly installations: InstallationMirrorStore,
    private readonly access: UserRepositoryAccessStore,
    private readonly tasks: WithdrawnTasks,
  ) {
    super();
  }

  async apply(event: GithubEvent): Promise<WebhookOutcome> {
    const { action, repositoryId } = event;
    if (repositoryId === null) return ignored('the repository cannot be read');
    const isKnown = await this.work.run(async (tx) => {
      if ((await this.repositories.connected(tx, repositoryId)).length === 0) return false;
      await this.write(tx, event, repositoryId);
      return true;
    });
    if (!isKnown) return ignored('nobody connected this repository');
    if (action === 'deleted') await this.tasks.end({ githubRepoId: repositoryId });
    return PROCESSED;
  }

  private async write(tx: Tx, { name, action, payload, installationId }: GithubEvent, repositoryId: string): Promise<void> {
    const said = repositoryIn(payload.at('repository'));
    if (said) await this.repositories.describe(tx, said);
    const [from, to] = [payload.text('changes', 'default_branch', 'from'), payload.text('repository', 'default_branch')];
    if (from !== null && to !== null) await this.repositories.moveDefaultBranch(tx, repositoryId, { from, to });
    if (action === 'deleted') await this.repositories.withdraw(tx, repositoryId);
    if (name === 'public' || CHANGES_HANDS.includes(action ?? '')) await this.access.markRepositoryStale(tx, repositoryId);
    if (action !== 'transferred') return;
    // Another owner may mean another installation, or none: who has it now is asked of both sides.
    await this.installations.requestSyncsFor(tx, repositoryId);
    if (installationId !== null) await this.installations.requestSync(tx, installationId);
  }
}
