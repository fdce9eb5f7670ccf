import type { Type } from '@nestjs/common';
import { AiModelPriceStore } from './models/ai-model-price.store';

/** Every store of this lib; `DomainModule` provides and exports them. A new store is added here. */
export const STORES: Type<unknown>[] = [AiModelPriceStore];
