import { InstallationMirrorStore, UnitOfWork, type WebhookOutcome } from '@app/domain';
import type { GithubPayload } from '@app/github';
import { Injectable } from '@nestjs/common';
import { ignored, PROCESSED } from '../webhook-source';
import { installationIn } from './forge-facts';
import { type GithubEvent, GithubEventHandler } from './github-event-handler';
import { WithdrawnTasks } from './withdrawn-tasks';

/** Where our App is installed, what it reaches there, and what the account is called. */
@Injectable()
export class InstallationHandler extends GithubEventHandler {
  readonly events = ['installation', 'installation_repositories', 'installation_target', 'organization'];

  constructor(
    private readonly work: UnitOfWork,
    private readonly installations: InstallationMirrorStore,
    private readonly tasks: WithdrawnTasks,
  ) {
    super();
  }

  async apply({ name, action, payload }: GithubEvent): Promise<WebhookOutcome> {
    if (name === 'installation_target') return this.renamed(payload.at('account'), payload.text('target_type'));
    if (name === 'organization') return action === 'renamed' ? this.renamed(payload.at('organization'), null) : ignored();
    const said = installationIn(payload.at('installation'), name === 'installation' && action === 'deleted');
    if (!said) return ignored('the installation cannot be read');
    const id = await this.work.run(async (tx) => {
      const found = await this.installations.mirror(tx, said);
      if (name === 'installation_repositories') {
        await this.installations.offer(tx, found, idsIn(payload, 'repositories_added'));
        await this.installations.withdraw(tx, found, idsIn(payload, 'repositories_removed'));
      }
      return found;
    });
    await this.tasks.end({ installation: id });
    return PROCESSED;
  }

  private async renamed(account: GithubPayload, targetType: string | null): Promise<WebhookOutcome> {
    const [accountId, login] = [account.id('id'), account.text('login') ?? account.text('slug')];
    if (accountId === null || !login) return ignored(`the account${targetType === null ? '' : ` (${targetType})`} cannot be read`);
    await this.work.run((tx) => this.installations.renameAccount(tx, accountId, login));
    return PROCESSED;
  }
}

function idsIn(payload: GithubPayload, list: string): string[] {
  return payload.list(list).flatMap((repository) => repository.id('id') ?? []);
}
