import { Clock, Logger } from '@app/common';
import { type SweepProgress, UnitOfWork, WebhookSweepStore } from '@app/domain';
import { GithubHookDeliveries, type HookDelivery, type HookDeliveryPage } from '@app/github';
import { Injectable } from '@nestjs/common';

/** A delivery younger than this may be on its way. */
const ON_ITS_WAY_MS = 60_000;
/** What one round does at most: others wait for their turn. A pass goes on where it stopped. */
const MOST_PAGES = 20;
const MOST_ASKED = 15;

interface Step {
  readonly progress: SweepProgress;
  readonly goesOn: boolean;
}

/**
 * GitHub sends a webhook once. This looks through GitHub's own list of what it sent, from the newest down to where the last pass began, and
 * has sent again what never came here. A delivery is asked for a few times, then given up: it may be one that we refuse.
 */
@Injectable()
export class LostDeliveries {
  private readonly logger: Logger;

  constructor(
    private readonly hook: GithubHookDeliveries,
    private readonly sweeps: WebhookSweepStore,
    private readonly work: UnitOfWork,
    private readonly clock: Clock,
    logger: Logger,
  ) {
    this.logger = logger.named('webhooks');
  }

  /** Part of a pass, if one is due or not at its end; returns how many deliveries were asked for. @throws {AppError} github_rate_limited, github_error */
  async search(): Promise<number> {
    let progress = await this.work.run((tx) => this.sweeps.due(tx, 'github'));
    const asked: string[] = [];
    for (let pages = 0; progress && pages < MOST_PAGES; pages += 1) {
      const step = await this.step(progress, asked);
      await this.work.run((tx) => this.sweeps.keep(tx, 'github', step.progress));
      progress = step.goesOn ? step.progress : null;
    }
    if (asked.length > 0) this.logger.info('webhooks that never came were asked for again', { deliveries: asked });
    return asked.length;
  }

  /** One page of the list. What the round has no time for is on the same page in the next one. */
  private async step(from: SweepProgress, asked: string[]): Promise<Step> {
    const { sweptUntil, passCursor } = from;
    const page = await this.hook.list(passCursor);
    // Three days old: GitHub forgot it, and all that was behind it.
    if (!page) return ended(sweptUntil, from.passNewest);
    const arrived = page.deliveries.filter(({ deliveredAt }) => deliveredAt.getTime() <= this.clock.now().getTime() - ON_ITS_WAY_MS);
    const passNewest = from.passNewest ?? arrived[0]?.deliveredAt ?? null;
    const unseen = arrived.filter(({ deliveredAt }) => sweptUntil === null || deliveredAt > sweptUntil);
    if (!(await this.ask(unseen, asked))) return { progress: { sweptUntil, passNewest, passCursor }, goesOn: false };
    if (isLast(page, arrived.length > unseen.length)) return ended(sweptUntil, passNewest);
    return { progress: { sweptUntil, passNewest, passCursor: page.next }, goesOn: true };
  }

  /** Asks for those that are not here; false when there are more of them than a round asks for. */
  private async ask(tries: readonly HookDelivery[], asked: string[]): Promise<boolean> {
    const newestTry = new Map(tries.toReversed().map(({ guid, id }) => [guid, id]));
    const missing = await this.work.run((tx) => this.sweeps.missing(tx, 'github', [...newestTry.keys()]));
    for (const guid of missing) {
      if (asked.length >= MOST_ASKED) return false;
      if (!(await this.work.run((tx) => this.sweeps.ask(tx, 'github', guid)))) continue;
      await this.redeliver(guid, newestTry.get(guid) ?? '');
      asked.push(guid);
    }
    return true;
  }

  private async redeliver(guid: string, id: string): Promise<void> {
    try {
      await this.hook.redeliver(id);
    } catch (error) {
      await this.work.run((tx) => this.sweeps.unask(tx, 'github', guid));
      throw error;
    }
  }
}

function isLast({ next }: HookDeliveryPage, isBehindTheLastPass: boolean): boolean {
  return next === null || isBehindTheLastPass;
}

function ended(sweptUntil: Date | null, passNewest: Date | null): Step {
  return { progress: { sweptUntil: passNewest ?? sweptUntil, passNewest: null, passCursor: null }, goesOn: false };
}
