import { GithubConnectionStore, recordAudit, UnitOfWork, UserRepositoryAccessStore, type WebhookOutcome } from '@app/domain';
import { Injectable } from '@nestjs/common';
import { ignored, PROCESSED } from '../webhook-source';
import { type GithubEvent, GithubEventHandler } from './github-event-handler';

/** Who may do what: GitHub is asked again about those whom an event names. And who took back the right to act for them. */
@Injectable()
export class AccessHandler extends GithubEventHandler {
  readonly events = ['github_app_authorization', 'member', 'membership', 'organization', 'team', 'team_add'];

  constructor(
    private readonly work: UnitOfWork,
    private readonly access: UserRepositoryAccessStore,
    private readonly connections: GithubConnectionStore,
  ) {
    super();
  }

  async apply(event: GithubEvent): Promise<WebhookOutcome> {
    if (event.name === 'github_app_authorization') return this.revoked(event);
    const { payload, repositoryId } = event;
    const person = payload.id('member', 'id') ?? payload.id('membership', 'user', 'id');
    const isAboutAll = event.name === 'team' || event.name === 'team_add';
    const stale = await this.work.run((tx) => {
      if (person !== null) return this.access.markUserStale(tx, person, event.name === 'member' ? repositoryId : null);
      return isAboutAll && repositoryId !== null ? this.access.markRepositoryStale(tx, repositoryId) : Promise.resolve(0);
    });
    return stale > 0 ? PROCESSED : ignored('nobody here is meant');
  }

  private async revoked({ action, payload }: GithubEvent): Promise<WebhookOutcome> {
    const person = payload.id('sender', 'id');
    if (action !== 'revoked' || person === null) return ignored('the person cannot be read');
    const userId = await this.work.run(async (tx) => {
      const ended = await this.connections.endByGithubUser(tx, person);
      if (ended !== null) await recordAudit(tx, { organizationId: null, action: 'github_connection.revoked', targetType: 'user', targetId: ended });
      return ended;
    });
    return userId === null ? ignored('nobody here is connected to this account') : PROCESSED;
  }
}
