import type { GithubBranch, GithubRepoFacts } from '@app/github';
import type { RequestedSync } from '@app/domain';
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsOptional, IsString, MaxLength } from 'class-validator';
import { IsGithubId, QueryInt } from '../../http/validation/rules';

/** Pages of a list that has an order of its own. */
export class ForgeListQuery {
  @ApiPropertyOptional({ type: 'integer', minimum: 1, maximum: 100, default: 20, description: 'How many at most; a page may hold fewer and still have a next one.' })
  @QueryInt(1, 100)
  limit: number = 20;

  @ApiPropertyOptional({ description: '`nextCursor` of the page before, with the same filters.' }) @IsOptional() @IsString() @MaxLength(1_024)
  cursor?: string;

  @ApiPropertyOptional({ description: 'Part of the name.' }) @IsOptional() @IsString() @MaxLength(200)
  q?: string;
}

/** A repository that can be connected. */
export class AvailableRepositoryResponse {
  @ApiProperty({ description: 'A decimal id as text: for POST /repositories.' }) githubId!: string;
  @ApiProperty() name!: string;
  @ApiProperty() fullName!: string;
  @ApiProperty({ type: String, nullable: true }) description!: string | null;
  @ApiProperty() isPrivate!: boolean;
  @ApiProperty() isArchived!: boolean;
  @ApiProperty() defaultBranch!: string;
  @ApiProperty({ type: String, nullable: true }) language!: string | null;
  @ApiProperty() url!: string;
  @ApiProperty({ description: "GitHub's id, as text." }) installationId!: string;

  static from({ repo, installationId }: AvailableRepo): AvailableRepositoryResponse {
    const { id, name, fullName, description, archived, defaultBranch, language, htmlUrl } = repo;
    return { githubId: id, name, fullName, description, isPrivate: repo.private, isArchived: archived, defaultBranch, language, url: htmlUrl, installationId };
  }
}

/** One that an installation offers. */
export interface AvailableRepo {
  readonly repo: GithubRepoFacts;
  readonly installationId: string;
}

export class BranchResponse {
  @ApiProperty() name!: string;
  @ApiProperty() sha!: string;
  @ApiProperty() protected!: boolean;
  @ApiProperty() isDefault!: boolean;

  static from(branch: GithubBranch, defaultBranch: string): BranchResponse {
    return { name: branch.name, sha: branch.sha, protected: branch.protected, isDefault: branch.name === defaultBranch };
  }
}

export class SyncRepositoriesDto {
  @ApiPropertyOptional({ description: "GitHub's id of one installation, as text; absent: all of the organization." }) @IsOptional() @IsGithubId()
  installationId?: string;
}

export class RequestedSyncResponse {
  @ApiProperty() installationId!: string;
  @ApiProperty({ format: 'date-time' }) syncRequestedAt!: string;

  static from({ installationId, syncRequestedAt }: RequestedSync): RequestedSyncResponse {
    return { installationId, syncRequestedAt: syncRequestedAt.toISOString() };
  }
}

export class SyncResponse {
  @ApiProperty({ type: [RequestedSyncResponse] }) installations!: RequestedSyncResponse[];
}
