import { AutomationRunStore, CheckWatchStore, GithubLaneStore, UnitOfWork } from '@app/domain';
import { Injectable } from '@nestjs/common';
import { Sweeper } from '../maintenance/sweeper';

/** A round must end soon; what it leaves goes in the next. */
const BATCH = 5_000;

/** Forgets what triggers did long ago. */
@Injectable()
export class TriggerRetentionSweeper extends Sweeper {
  readonly name = 'trigger-retention';
  readonly everyMs = 3_600_000;

  constructor(
    private readonly runs: AutomationRunStore,
    private readonly watches: CheckWatchStore,
    private readonly lanes: GithubLaneStore,
    private readonly unitOfWork: UnitOfWork,
  ) {
    super();
  }

  async run(): Promise<number> {
    let forgotten = 0;
    for (const store of [this.runs, this.watches]) forgotten += await this.unitOfWork.run((tx) => store.forgetOld(tx, BATCH));
    return forgotten + (await this.unitOfWork.run((tx) => this.lanes.forgetIdle(tx, BATCH)));
  }
}
