import { AppError, INTEGRATION_NOT_CONFIGURED } from '@app/common';
import { GithubOauth, GithubPeople } from '@app/github';
import { Injectable } from '@nestjs/common';

/** GitHub, where people can connect to it. */
@Injectable()
export class GithubClient {
  constructor(
    readonly people: GithubPeople,
    private readonly oauth: GithubOauth,
  ) {}

  /** @throws {AppError} integration_not_configured */
  requireConfigured(): void {
    if (!this.oauth.isConfigured) throw new AppError(INTEGRATION_NOT_CONFIGURED, 'People cannot connect GitHub accounts here: GITHUB_CLIENT_ID and GITHUB_CLIENT_SECRET are not set.');
  }
}
