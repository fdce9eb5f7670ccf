import { Logger } from '@app/common';
import { AutomationStore, SWEEP_BATCH, SWEEP_EVERY_MS, UnitOfWork } from '@app/domain';
import { AutomationRuns } from '@app/submission';
import { Injectable } from '@nestjs/common';
import { Sweeper, sweepEach } from '../maintenance/sweeper';

/** Runs automations whose tick has come. However many workers see it, and whatever was missed: one run. */
@Injectable()
export class AutomationSweeper extends Sweeper {
  readonly name = 'automations';
  readonly everyMs = SWEEP_EVERY_MS;
  private readonly logger: Logger;

  constructor(
    private readonly automations: AutomationStore,
    private readonly runs: AutomationRuns,
    private readonly unitOfWork: UnitOfWork,
    logger: Logger,
  ) {
    super();
    this.logger = logger.named('triggers');
  }

  async run(): Promise<number> {
    const due = await this.automations.due(this.unitOfWork.reader, SWEEP_BATCH);
    return sweepEach(due, this.logger, async ({ organizationId, id, nextRunAt: tick }) => {
      const automation = await this.automations.find(this.unitOfWork.reader, organizationId, id);
      if (!automation) return false;
      const facts = { event: 'schedule', repository: automation.repositoryFullName, date: tick.toISOString().slice(0, 10) };
      return (await this.runs.start(automation, { name: `schedule:${tick.toISOString()}`, tick, facts })) !== null;
    });
  }
}
