import { type GitRepo, type GitRepoDetails, type RepositorySettings, repositorySettings } from '@app/domain';
import { ApiProperty } from '@nestjs/swagger';
import { REPOSITORY_LEVELS, type RepositoryLevel } from '../access/access-level';

/** What the caller may do in each, and GitHub's ids of the organization's installations by ours. */
export interface RepositoryView {
  readonly levels: ReadonlyMap<string, RepositoryLevel | null>;
  readonly installations: ReadonlyMap<string, string>;
}

export class RepositoryResponse {
  @ApiProperty({ format: 'uuid' }) id!: string;
  @ApiProperty({ enum: ['github', 'git'] }) provider!: GitRepo['provider'];
  @ApiProperty({ type: String, nullable: true, description: 'A decimal id as text.' }) githubId!: string | null;
  @ApiProperty() name!: string;
  @ApiProperty() fullName!: string;
  @ApiProperty({ type: String, nullable: true }) description!: string | null;
  @ApiProperty() isPrivate!: boolean;
  @ApiProperty() isArchived!: boolean;
  @ApiProperty() defaultBranch!: string;
  @ApiProperty({ type: String, nullable: true }) language!: string | null;
  @ApiProperty() url!: string;
  @ApiProperty() cloneUrl!: string;
  @ApiProperty({ type: String, enum: [...REPOSITORY_LEVELS, null], nullable: true, description: 'What you may do there: the lesser of your role and, for a repository of GitHub, what GitHub last said. null: GitHub was not asked yet.' })
  accessLevel!: RepositoryLevel | null;
  @ApiProperty({ enum: ['active', 'suspended', 'unavailable', 'disconnected'] }) status!: GitRepo['status'];
  @ApiProperty({ type: String, nullable: true, description: "GitHub's id, as text." }) installationId!: string | null;
  @ApiProperty({ type: String, format: 'date-time', nullable: true }) lastPushedAt!: string | null;
  @ApiProperty({ format: 'date-time' }) createdAt!: string;

  static from(repo: GitRepo, view: RepositoryView): RepositoryResponse {
    const { id, provider, githubId, name, fullName, description, isPrivate, isArchived, defaultBranch, language, url, cloneUrl, status, lastPushedAt, createdAt } = repo;
    return {
      id, provider, githubId, name, fullName, description, isPrivate, isArchived, defaultBranch, language, url, cloneUrl,
      accessLevel: view.levels.get(id) ?? null, status,
      installationId: repo.installationId === null ? null : (view.installations.get(repo.installationId) ?? null),
      lastPushedAt: lastPushedAt?.toISOString() ?? null,
      createdAt: createdAt.toISOString(),
    };
  }
}

export class RepositorySettingsResponse implements Required<RepositorySettings> {
  @ApiProperty({ type: String, nullable: true }) setupCommand!: string | null;
  @ApiProperty({ enum: ['fail', 'continue'] }) setupFailure!: Required<RepositorySettings>['setupFailure'];
  @ApiProperty({ type: [String] }) allowedHosts!: string[];
  @ApiProperty({ enum: ['none', 'allow-list'] }) agentNetwork!: Required<RepositorySettings>['agentNetwork'];
  @ApiProperty({ type: [String] }) verifyCommands!: string[];
  @ApiProperty() requireVerification!: boolean;
  @ApiProperty() allowCiFiles!: boolean;
  @ApiProperty({ enum: ['refuse', 'approve', 'flag'] }) protectedPaths!: Required<RepositorySettings>['protectedPaths'];
  @ApiProperty() skipCi!: boolean;
  @ApiProperty({ type: String, nullable: true }) instructions!: string | null;
  @ApiProperty() autoReview!: boolean;
  @ApiProperty() reviewOnPush!: boolean;
  @ApiProperty({ enum: ['light', 'standard', 'thorough'] }) reviewLevel!: Required<RepositorySettings>['reviewLevel'];
  @ApiProperty({ enum: ['low', 'medium', 'high', 'critical'] }) minSeverity!: Required<RepositorySettings>['minSeverity'];
  @ApiProperty({ type: 'integer' }) maxComments!: number;
  @ApiProperty() autoFixChecks!: boolean;
  @ApiProperty({ type: String, nullable: true }) taskLabel!: string | null;
  @ApiProperty({ enum: ['all', 'mentions'] }) answerComments!: Required<RepositorySettings>['answerComments'];
  @ApiProperty() answerReviews!: boolean;
}

export class LastTaskResponse {
  @ApiProperty({ format: 'uuid' }) id!: string;
  @ApiProperty() status!: string;
  @ApiProperty() title!: string;
  @ApiProperty({ format: 'date-time' }) createdAt!: string;
}

export class RepositoryDetailsResponse extends RepositoryResponse {
  @ApiProperty({ type: RepositorySettingsResponse }) settings!: RepositorySettingsResponse;
  @ApiProperty({ type: 'integer' }) openPullRequests!: number;
  @ApiProperty({ type: LastTaskResponse, nullable: true }) lastTask!: LastTaskResponse | null;

  static fromDetails(details: GitRepoDetails, view: RepositoryView): RepositoryDetailsResponse {
    const { repo, openPullRequests, lastTask } = details;
    return {
      ...RepositoryResponse.from(repo, view),
      settings: repositorySettings(repo.settings),
      openPullRequests,
      lastTask: lastTask && { ...lastTask, createdAt: lastTask.createdAt.toISOString() },
    };
  }
}
