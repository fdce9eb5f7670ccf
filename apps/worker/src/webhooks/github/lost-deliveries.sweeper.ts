import { AppConfig, Clock } from '@app/common';
import { SWEEP_EVERY_MS } from '@app/domain';
import { GithubApp } from '@app/github';
import { Injectable } from '@nestjs/common';
import { Sweeper } from '../../maintenance/sweeper';
import { LostDeliveries } from './lost-deliveries';

/** GitHub did not answer: so long until the next try. */
const TROUBLE_MS = 60_000;

/** Looks for webhooks that never came, where this deployment takes webhooks of GitHub at all. */
@Injectable()
export class LostDeliveriesSweeper extends Sweeper {
  readonly name = 'lost-github-deliveries';
  readonly everyMs = SWEEP_EVERY_MS;
  private readonly isOn: boolean;
  private notBefore = 0;

  constructor(
    config: AppConfig,
    app: GithubApp,
    private readonly lost: LostDeliveries,
    private readonly clock: Clock,
  ) {
    super();
    this.isOn = app.isConfigured && config.github.GITHUB_WEBHOOK_SECRET !== undefined && !config.core.DISABLED_INTEGRATIONS.includes('github');
  }

  async run(): Promise<number> {
    if (!this.isOn || this.clock.monotonicMs() < this.notBefore) return 0;
    try {
      return await this.lost.search();
    } catch (error) {
      this.notBefore = this.clock.monotonicMs() + TROUBLE_MS;
      throw error;
    }
  }
}
