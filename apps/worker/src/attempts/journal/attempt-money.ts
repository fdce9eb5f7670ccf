import { CreditLedger, UsageStore } from '@app/billing';
import { Injectable } from '@nestjs/common';

/** The ledger and the usage rows. */
@Injectable()
export class AttemptMoney {
  constructor(
    readonly ledger: CreditLedger,
    readonly usage: UsageStore,
  ) {}
}
