import type { TransactionRow, TransferType } from '@app/billing';
import { creditsFromMicros } from '@app/common';
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsOptional, IsUUID } from 'class-validator';
import { PageQuery } from '../../http/paging/page.query';
import { IsTimestamp } from '../../http/validation/rules';

export const TRANSACTION_TYPES = [
  'purchase', 'subscription_grant', 'bonus', 'usage', 'refund', 'reversal', 'expiry', 'adjustment', 'debt_payment', 'hold', 'release', 'overrun', 'clearing', 'advance', 'overage',
] as const satisfies readonly TransferType[];

export class CreditTransactionQuery extends PageQuery {
  @ApiPropertyOptional({ enum: TRANSACTION_TYPES, description: 'Moves that leave the balance as it is (`hold`, `release`, `overrun`, `clearing`, `debt_payment`, `overage`) are only shown when asked for.' })
  @IsOptional() @IsIn(TRANSACTION_TYPES)
  type?: TransferType;

  @ApiPropertyOptional({ format: 'uuid' })
  @IsOptional() @IsUUID()
  taskId?: string;

  @ApiPropertyOptional({ format: 'date-time' })
  @IsOptional() @IsTimestamp()
  from?: string;

  @ApiPropertyOptional({ format: 'date-time', description: 'Not included.' })
  @IsOptional() @IsTimestamp()
  to?: string;
}

/** One move of credits. Amounts in credits, and beside each in microcredits. */
export class CreditTransactionResponse {
  @ApiProperty({ format: 'uuid' }) id!: string;
  @ApiProperty({ type: 'integer', description: 'Numbers without gaps, in the order in which the moves took effect.' }) seq!: number;
  @ApiProperty({ enum: TRANSACTION_TYPES, description: '`reversal`: taken back after a refund or dispute; `refund`: given back; `overrun`: used beyond what was reserved, and paid by the platform; `advance`: lent for a call beyond the credits, or given back; `overage`: what was used of that.' }) type!: TransferType;
  @ApiProperty({ description: 'Change of available + held - debt.' }) amount!: number;
  @ApiProperty({ type: 'integer' }) amountMicros!: number;
  @ApiProperty() availableAfter!: number;
  @ApiProperty({ type: 'integer' }) availableAfterMicros!: number;
  @ApiProperty() heldAfter!: number;
  @ApiProperty({ type: 'integer' }) heldAfterMicros!: number;
  @ApiProperty() debtAfter!: number;
  @ApiProperty({ type: 'integer' }) debtAfterMicros!: number;
  @ApiProperty({ type: String, format: 'uuid', nullable: true }) taskId!: string | null;
  @ApiProperty({ type: String, nullable: true }) description!: string | null;
  @ApiProperty({ format: 'date-time' }) createdAt!: string;

  static from(row: TransactionRow): CreditTransactionResponse {
    const { id, seq, type, amountMicro, availableAfterMicro, heldAfterMicro, debtAfterMicro, taskId, description, createdAt } = row;
    return {
      id, seq: Number(seq), type,
      amount: creditsFromMicros(amountMicro), amountMicros: Number(amountMicro),
      availableAfter: creditsFromMicros(availableAfterMicro), availableAfterMicros: Number(availableAfterMicro),
      heldAfter: creditsFromMicros(heldAfterMicro), heldAfterMicros: Number(heldAfterMicro),
      debtAfter: creditsFromMicros(debtAfterMicro), debtAfterMicros: Number(debtAfterMicro),
      taskId, description, createdAt: createdAt.toISOString(),
    };
  }
}
