import { GithubApp, GithubCollaborators, reaches, type GithubRepoAccess, type TokenPermissions } from '@app/github';
import { TriggerSubjectStore, UnitOfWork, type TriggeredRepository } from '@app/domain';
import type { Submitter } from '@app/submission';
import { Injectable } from '@nestjs/common';
import type { GithubEvent } from '../webhooks/github/github-event-handler';
import type { GithubActor } from './trigger-event';

/** Whose event starts work, and where. */
@Injectable()
export class TriggerGate {
  constructor(
    private readonly subjects: TriggerSubjectStore,
    private readonly unitOfWork: UnitOfWork,
    private readonly collaborators: GithubCollaborators,
    private readonly app: GithubApp,
  ) {}

  /** The connected repositories that an event is about; none for one that nobody connected. */
  repositories({ repositoryId, installationId }: Pick<GithubEvent, 'repositoryId' | 'installationId'>): Promise<TriggeredRepository[]> {
    if (repositoryId === null || installationId === null) return Promise.resolve([]);
    return this.subjects.repositories(this.unitOfWork.reader, { githubRepoId: repositoryId, installationId });
  }

  /**
   * In whose name a person at GitHub may start work: asked of GitHub at this moment, by the account behind the login, never by its name. Null:
   * they may not.
   */
  async submitter(repository: TriggeredRepository, actor: GithubActor): Promise<Submitter | null> {
    const here = await this.subjects.user(this.unitOfWork.reader, repository.organizationId, actor.id);
    if (here && !here.mayHandIn) return null;
    const { permission, accountId, accountType } = await this.collaborators.ask(repository, actor.login);
    if (!reaches(permission, 'write') || accountId !== actor.id || accountType === 'Bot') return null;
    return { organizationId: repository.organizationId, userId: here?.userId ?? repository.standInUserId };
  }

  /** Works at GitHub with a token for this one repository, which ends with the work. */
  async at<T>(repository: Pick<TriggeredRepository, 'githubRepoId' | 'installationId' | 'fullName'>, permissions: TokenPermissions, work: (access: GithubRepoAccess) => Promise<T>): Promise<T> {
    const { installationId, githubRepoId } = repository;
    const { token, fullName } = await this.app.tokenForRepository({ installationId, githubRepoId, permissions });
    try {
      return await work({ token, fullName: fullName ?? repository.fullName });
    } finally {
      void this.app.revoke(token).catch(() => undefined);
    }
  }
}
