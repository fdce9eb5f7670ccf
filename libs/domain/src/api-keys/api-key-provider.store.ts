import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { ApiKeyProvider } from './api-key-provider.entity';

/** Vendors for which customers may bring their own key. */
@Injectable()
export class ApiKeyProviderStore {
  /** In the catalog's order. */
  list(manager: EntityManager, category?: ApiKeyProvider['category']): Promise<ApiKeyProvider[]> {
    return manager.find(ApiKeyProvider, { where: { isActive: true, ...(category === undefined ? {} : { category }) }, order: { sortOrder: 'ASC', provider: 'ASC' } });
  }

  /** Null when nobody may bring a key for it. */
  find(manager: EntityManager, provider: string): Promise<ApiKeyProvider | null> {
    return manager.findOneBy(ApiKeyProvider, { provider, isActive: true });
  }
}
