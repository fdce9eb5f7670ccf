import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { CreditPackage } from './credit-package.entity';
import { SubscriptionPlan } from './subscription-plan.entity';

/** What is on sale. */
@Injectable()
export class PriceListStore {
  constructor(private readonly dataSource: DataSource) {}

  plans(): Promise<SubscriptionPlan[]> {
    return this.dataSource.manager.find(SubscriptionPlan, { where: { isActive: true }, order: { sortOrder: 'ASC', name: 'ASC' } });
  }

  packages(): Promise<CreditPackage[]> {
    return this.dataSource.manager.find(CreditPackage, { where: { isActive: true }, order: { sortOrder: 'ASC', name: 'ASC' } });
  }
}
