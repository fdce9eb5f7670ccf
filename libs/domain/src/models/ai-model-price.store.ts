import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { AiModelPrice } from './ai-model-price.entity';

export interface PriceQuestion {
  modelId: string;
  serviceTier?: AiModelPrice['serviceTier'];
  /** Absent: now, by the database's clock. */
  at?: Date;
}

@Injectable()
export class AiModelPriceStore {
  /**
   * The price set in force: every tier of the newest effective date that has come, by rising prompt size. Sets are complete, so a tier
   * of an older set never counts. Empty: the model had no price then, and must not be called.
   */
  inForce(manager: EntityManager, { modelId, serviceTier = 'standard', at }: PriceQuestion): Promise<AiModelPrice[]> {
    return manager
      .createQueryBuilder(AiModelPrice, 'price')
      .where('price.modelId = :modelId AND price.serviceTier = :serviceTier', { modelId, serviceTier })
      .andWhere(
        `price.effectiveFrom = (SELECT max(newest.effective_from) FROM ai_model_prices newest
          WHERE newest.model_id = :modelId AND newest.service_tier = :serviceTier AND newest.effective_from <= coalesce(:at::timestamptz, now()))`,
        { at: at ?? null },
      )
      .orderBy('price.minPromptTokens')
      .getMany();
  }

  /** The row a request with a prompt of this size is billed by, or null. */
  async forPrompt(manager: EntityManager, question: PriceQuestion, promptTokens: number): Promise<AiModelPrice | null> {
    const set = await this.inForce(manager, question);
    return set.findLast((price) => price.minPromptTokens <= promptTokens) ?? null;
  }
}
