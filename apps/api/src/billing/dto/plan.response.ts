import { creditsFromMicros } from '@app/common';
import type { CreditPackage, SubscriptionPlan } from '@app/domain';
import { ApiProperty } from '@nestjs/swagger';

export class MoneyResponse {
  @ApiProperty({ type: 'integer', description: 'Minor units: cents.' }) amount!: number;
  @ApiProperty({ example: 'usd' }) currency!: string;
}

export class PlanResponse {
  @ApiProperty({ format: 'uuid' }) id!: string;
  @ApiProperty() name!: string;
  @ApiProperty() displayName!: string;
  @ApiProperty({ type: String, nullable: true }) description!: string | null;
  @ApiProperty({ enum: ['free', 'pro', 'enterprise'] }) tier!: SubscriptionPlan['tier'];
  @ApiProperty({ type: MoneyResponse }) price!: MoneyResponse;
  @ApiProperty({ enum: ['month', 'year'] }) interval!: SubscriptionPlan['billingInterval'];
  @ApiProperty() creditsIncluded!: number;
  @ApiProperty({ type: 'integer' }) creditsIncludedMicros!: number;
  @ApiProperty({ type: 'integer', nullable: true, description: 'null: unlimited' }) maxRepositories!: number | null;
  @ApiProperty({ type: 'integer', nullable: true }) maxTasksPerDay!: number | null;
  @ApiProperty({ type: 'integer', nullable: true }) maxConcurrentTasks!: number | null;
  @ApiProperty({ type: 'integer', nullable: true }) maxMembers!: number | null;
  @ApiProperty({ type: 'integer', nullable: true, description: 'Days for which the logs of tasks are kept; null: as long as the platform keeps them.' }) logRetentionDays!: number | null;
  @ApiProperty({ type: 'integer', example: 2, description: 'Share of the workers while organizations compete for them.' }) queueWeight!: number;
  @ApiProperty({ description: 'What is left of the credits at the end of a period stays.' }) creditsRollOver!: boolean;
  @ApiProperty({ type: MoneyResponse, nullable: true, description: 'Price of one credit beyond the included ones, for organizations that allow some; null: the plan sells none.' }) overagePrice!: MoneyResponse | null;
  @ApiProperty({ type: [String], description: 'What else the plan brings, for people.' }) features!: string[];
  @ApiProperty({ type: 'integer' }) trialDays!: number;

  static from(plan: SubscriptionPlan): PlanResponse {
    const { id, name, displayName, description, tier, maxRepositories, maxTasksPerDay, maxConcurrentTasks, maxMembers, logRetentionDays, queueWeight, creditsRollOver, trialDays } = plan;
    return {
      id, name, displayName, description, tier,
      price: { amount: Number(plan.priceMinor), currency: plan.currency },
      interval: plan.billingInterval,
      creditsIncluded: creditsFromMicros(plan.creditsIncludedMicro), creditsIncludedMicros: Number(plan.creditsIncludedMicro),
      maxRepositories, maxTasksPerDay, maxConcurrentTasks, maxMembers, logRetentionDays, queueWeight, creditsRollOver, trialDays,
      overagePrice: plan.overagePriceMinor === null ? null : { amount: plan.overagePriceMinor, currency: plan.currency },
      features: plan.features.filter((one) => typeof one === 'string'),
    };
  }
}

export class CreditPackageResponse {
  @ApiProperty({ format: 'uuid' }) id!: string;
  @ApiProperty() name!: string;
  @ApiProperty() displayName!: string;
  @ApiProperty({ type: String, nullable: true }) description!: string | null;
  @ApiProperty() credits!: number;
  @ApiProperty({ type: 'integer' }) creditsMicros!: number;
  @ApiProperty() bonusCredits!: number;
  @ApiProperty({ type: 'integer' }) bonusCreditsMicros!: number;
  @ApiProperty({ type: MoneyResponse }) price!: MoneyResponse;
  @ApiProperty({ type: 'integer', nullable: true, description: 'null: never' }) expiresAfterDays!: number | null;

  static from(pack: CreditPackage): CreditPackageResponse {
    const { id, name, displayName, description, expiresAfterDays } = pack;
    return {
      id, name, displayName, description,
      credits: creditsFromMicros(pack.creditsMicro), creditsMicros: Number(pack.creditsMicro),
      bonusCredits: creditsFromMicros(pack.bonusCreditsMicro), bonusCreditsMicros: Number(pack.bonusCreditsMicro),
      price: { amount: Number(pack.priceMinor), currency: pack.currency }, expiresAfterDays,
    };
  }
}
