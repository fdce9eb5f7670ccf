import { AppConfig, Clock } from '@app/common';
import { GithubApp } from '@app/github';
import { Injectable } from '@nestjs/common';

const KEPT_MS = 3_600_000;

/** What the App is called where people talk to it. */
@Injectable()
export class BotName {
  private known: { readonly name: string | null; readonly at: number } | null = null;

  constructor(
    private readonly config: AppConfig,
    private readonly app: GithubApp,
    private readonly clock: Clock,
  ) {}

  /** Without @. Null: there is no App. @throws {AppError} those of `GithubApp` */
  async get(): Promise<string | null> {
    const { GITHUB_BOT_NAME: set } = this.config.github;
    return set ?? this.slug();
  }

  /** Whether an account, as an event describes it, is the App's own. Its name alone proves nothing: nobody else's is of type Bot under it. */
  async isOwn(account: { readonly login: string | null; readonly type: string | null }): Promise<boolean> {
    const slug = await this.slug();
    return slug !== null && account.type === 'Bot' && account.login?.toLowerCase() === `${slug}[bot]`.toLowerCase();
  }

  private async slug(): Promise<string | null> {
    if (!this.app.isConfigured) return null;
    const now = this.clock.monotonicMs();
    if (this.known === null || now - this.known.at > KEPT_MS) this.known = { name: await this.app.slug(), at: now };
    return this.known.name;
  }
}
