import { creditsFromMicros } from '@app/common';
import type { CreditBalance } from '@app/billing';
import { ApiProperty } from '@nestjs/swagger';

export class GrantResponse {
  @ApiProperty({ enum: ['signup', 'subscription', 'purchase', 'bonus', 'adjustment', 'refund'] }) source!: string;
  @ApiProperty({ enum: ['paid', 'promotional'] }) category!: string;
  @ApiProperty() remaining!: number;
  @ApiProperty({ type: 'integer' }) remainingMicros!: number;
  @ApiProperty({ type: String, format: 'date-time', nullable: true }) expiresAt!: string | null;
}

/** Amounts in credits, and beside each in microcredits. */
export class CreditsResponse {
  @ApiProperty({ description: 'Free to use.' }) available!: number;
  @ApiProperty({ type: 'integer' }) availableMicros!: number;
  @ApiProperty({ description: 'Reserved for running model calls.' }) held!: number;
  @ApiProperty({ type: 'integer' }) heldMicros!: number;
  @ApiProperty({ description: 'Refunded or disputed after it was spent.' }) debt!: number;
  @ApiProperty({ type: 'integer' }) debtMicros!: number;
  @ApiProperty({ description: 'available + held' }) balance!: number;
  @ApiProperty({ type: 'integer' }) balanceMicros!: number;
  @ApiProperty() lifetimeGranted!: number;
  @ApiProperty({ type: 'integer' }) lifetimeGrantedMicros!: number;
  @ApiProperty() lifetimeUsed!: number;
  @ApiProperty({ type: 'integer' }) lifetimeUsedMicros!: number;
  @ApiProperty() lowBalance!: boolean;
  @ApiProperty({ type: [GrantResponse] }) grants!: GrantResponse[];

  static from(balance: CreditBalance): CreditsResponse {
    const { availableMicro, heldMicro, debtMicro, lifetimeGrantedMicro, lifetimeUsedMicro, lowBalance, grants } = balance;
    const total = availableMicro + heldMicro;
    return {
      available: creditsFromMicros(availableMicro), availableMicros: Number(availableMicro),
      held: creditsFromMicros(heldMicro), heldMicros: Number(heldMicro),
      debt: creditsFromMicros(debtMicro), debtMicros: Number(debtMicro),
      balance: creditsFromMicros(total), balanceMicros: Number(total),
      lifetimeGranted: creditsFromMicros(lifetimeGrantedMicro), lifetimeGrantedMicros: Number(lifetimeGrantedMicro),
      lifetimeUsed: creditsFromMicros(lifetimeUsedMicro), lifetimeUsedMicros: Number(lifetimeUsedMicro),
      lowBalance,
      grants: grants.map(({ source, category, remainingMicro, expiresAt }) => ({
        source, category, remaining: creditsFromMicros(remainingMicro), remainingMicros: Number(remainingMicro), expiresAt: expiresAt?.toISOString() ?? null,
      })),
    };
  }
}
