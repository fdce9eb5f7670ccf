import { PlanCatalogStore, PriceDesk, PurchaseStore, StripeCheckout } from '@app/billing';
import { invalidField } from '@app/common';
import { recordAudit, UnitOfWork } from '@app/domain';
import { Injectable } from '@nestjs/common';
import type { Principal } from '../auth/principal';
import type { IdempotentCall } from '../http/idempotency/idempotent-call';
import { BillingAccounts } from './billing-accounts';
import type { PurchaseDto } from './dto/subscription.dto';
import type { PurchaseStartedResponse } from './dto/subscription.response';

/** Buying credits. They come when Stripe says that they are paid, never from here. */
@Injectable()
export class PurchasesService {
  constructor(
    private readonly accounts: BillingAccounts,
    private readonly catalog: PlanCatalogStore,
    private readonly prices: PriceDesk,
    private readonly purchases: PurchaseStore,
    private readonly checkout: StripeCheckout,
    private readonly work: UnitOfWork,
  ) {}

  async begin({ organizationId, userId }: Principal, dto: PurchaseDto, call: IdempotentCall | null): Promise<PurchaseStartedResponse> {
    const pack = await this.catalog.packageOnSale(this.work.reader, dto.packageId);
    if (!pack) throw invalidField('/packageId', 'unknown_package', 'no such package is on sale; GET /credits/packages lists them');
    const customerId = await this.accounts.customerOf(organizationId);
    const priceId = await this.prices.priceOfPackage(pack);
    const purchaseId = await this.work.run(async (tx) => {
      const id = await this.purchases.begin(tx, { organizationId, userId, pack });
      await recordAudit(tx, { organizationId, action: 'credits.checkout_opened', targetType: 'credit_purchase', targetId: id, changes: { package: pack.displayName } });
      return id;
    });
    const session = await this.checkout.openForPackage({ customerId, organizationId, purchaseId, priceId, successUrl: dto.successUrl, cancelUrl: dto.cancelUrl });
    const answer = { url: session.url ?? '', purchaseId };
    await this.work.run(async (tx) => {
      await this.purchases.keepSession(tx, organizationId, purchaseId, session.id);
      await call?.complete(tx, { status: 201, body: answer });
    });
    return answer;
  }
}
