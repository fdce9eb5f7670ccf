import type { InstallationFacts } from '@app/github';
import { ApiProperty } from '@nestjs/swagger';
import type { WayToGithub } from '../flow/github-flow';

export class GithubInstallationResponse {
  @ApiProperty({ description: "GitHub's id, as text." }) installationId!: string;
  @ApiProperty() accountLogin!: string;
  @ApiProperty({ enum: ['User', 'Organization', 'Enterprise'] }) accountType!: InstallationFacts['accountType'];
  @ApiProperty({ enum: ['all', 'selected'] }) repositorySelection!: InstallationFacts['repositorySelection'];
  @ApiProperty({ type: String, format: 'date-time', nullable: true }) suspendedAt!: string | null;

  static from({ installationId, accountLogin, accountType, repositorySelection, suspendedAt }: InstallationFacts): GithubInstallationResponse {
    return { installationId, accountLogin, accountType, repositorySelection, suspendedAt: suspendedAt?.toISOString() ?? null };
  }
}

/** A connected account. */
export class GithubAccountResponse {
  @ApiProperty() login!: string;
  @ApiProperty({ description: "GitHub's id, as text." }) githubId!: string;
  @ApiProperty({ type: [GithubInstallationResponse], description: 'Installations that the account may reach.' }) installations!: GithubInstallationResponse[];
}

/** Where to go to connect an account. */
export class AuthorizeUrlResponse {
  @ApiProperty({ format: 'uri' }) authorizeUrl!: string;
  @ApiProperty({ format: 'date-time' }) expiresAt!: string;

  static from({ url, expiresAt }: WayToGithub): AuthorizeUrlResponse {
    return { authorizeUrl: url, expiresAt: expiresAt.toISOString() };
  }
}

export class WayToGithubResponse {
  @ApiProperty({ format: 'uri' }) url!: string;
  @ApiProperty({ format: 'date-time' }) expiresAt!: string;

  static from({ url, expiresAt }: WayToGithub): WayToGithubResponse {
    return { url, expiresAt: expiresAt.toISOString() };
  }
}
