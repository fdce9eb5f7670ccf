import { CreditLedger, UsageStore } from '@app/billing';
import { AppConfig, microUsdFromUsd } from '@app/common';
import { flatPrice, type PriceRow } from '@app/providers';
import { Injectable } from '@nestjs/common';

/** The ledger, the usage rows, and the rate for calls whose model has lost its price. */
@Injectable()
export class AttemptMoney {
  readonly fallbackPrices?: readonly PriceRow[];

  constructor(
    readonly ledger: CreditLedger,
    readonly usage: UsageStore,
    { models }: AppConfig,
  ) {
    this.fallbackPrices = flatPrice(microUsdFromUsd(models.MODEL_FALLBACK_INPUT_USD), microUsdFromUsd(models.MODEL_FALLBACK_OUTPUT_USD));
  }
}
