import { CreditLedger } from '@app/billing';
import { Clock } from '@app/common';
import { AttemptStore, CandidateRounds, TaskLifecycle, UnitOfWork } from '@app/domain';
import { Injectable } from '@nestjs/common';

/** Rows by which an attempt is claimed and ended. */
@Injectable()
export class RunnerRows {
  constructor(
    readonly uow: UnitOfWork,
    readonly lifecycle: TaskLifecycle,
    readonly attempts: AttemptStore,
    readonly ledger: CreditLedger,
    readonly clock: Clock,
    readonly candidates: CandidateRounds,
  ) {}
}
