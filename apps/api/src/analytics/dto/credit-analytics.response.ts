import { creditsFromMicros } from '@app/common';
import { ApiProperty } from '@nestjs/swagger';
import type { BurnDown, BurnDownDay } from '../burn-down';

export class CreditDayResponse {
  @ApiProperty({ format: 'date', example: '2026-11-23' }) date!: string;
  @ApiProperty({ example: 12.5, description: 'Charged for work.' }) spent!: number;
  @ApiProperty({ example: 0, description: 'Brought by the plan or as a gift.' }) granted!: number;
  @ApiProperty({ example: 0 }) purchased!: number;
  @ApiProperty({ example: 0 }) expired!: number;
  @ApiProperty({ example: 0, description: 'Everything else: refunds, corrections, what was lent or taken back. Negative: it took credits away.' }) other!: number;
  @ApiProperty({ example: 87.5, description: 'At the end of the day, what tasks hold included; debt makes it negative.' }) balance!: number;

  static from(day: BurnDownDay): CreditDayResponse {
    const { date, spentMicro, grantedMicro, purchasedMicro, expiredMicro, otherMicro, balanceMicro } = day;
    const [spent, granted, purchased, expired, other, balance] = [spentMicro, grantedMicro, purchasedMicro, expiredMicro, otherMicro, balanceMicro].map(creditsFromMicros) as [number, number, number, number, number, number];
    return { date, spent, granted, purchased, expired, other, balance };
  }
}

export class CreditPaceResponse {
  @ApiProperty({ type: 'integer', example: 7, description: 'How many days it is taken from: today as far as it has come, and those before; fewer for a young account.' }) days!: number;
  @ApiProperty({ example: 12.5, description: 'Credits a day.' }) perDay!: number;
}

export class NextExpiryResponse {
  @ApiProperty({ format: 'date-time', example: '2026-12-01T00:00:00.000Z' }) at!: string;
  @ApiProperty({ example: 40 }) credits!: number;
}

export class CreditAnalyticsResponse {
  @ApiProperty({ format: 'date', example: '2026-11-01' }) from!: string;
  @ApiProperty({ format: 'date', example: '2026-11-30' }) to!: string;
  @ApiProperty({ example: 85, description: 'Free now.' }) available!: number;
  @ApiProperty({ example: 2.5, description: 'Held by running tasks now.' }) held!: number;
  @ApiProperty({ example: 0 }) debt!: number;
  @ApiProperty({ type: CreditPaceResponse }) pace!: CreditPaceResponse;
  @ApiProperty({ type: Number, nullable: true, example: 7, description: 'For how many more days what is there lasts at this pace; null: nothing is being spent.' }) daysLeft!: number | null;
  @ApiProperty({ type: String, format: 'date', nullable: true, example: '2026-11-30', description: 'The day on which nothing would be left; null: none within ten years.' }) emptyOn!: string | null;
  @ApiProperty({ type: NextExpiryResponse, nullable: true, description: 'What expires next if it is not used before; null: nothing does.' }) nextExpiry!: NextExpiryResponse | null;
  @ApiProperty({ type: [CreditDayResponse], description: 'Each day of the period, up to today.' }) days!: CreditDayResponse[];

  static from({ period, pace, daysLeft, emptyOn, nextExpiry, days, ...now }: BurnDown): CreditAnalyticsResponse {
    return {
      ...period, available: creditsFromMicros(now.availableMicro), held: creditsFromMicros(now.heldMicro), debt: creditsFromMicros(now.debtMicro),
      pace: { days: pace.days, perDay: creditsFromMicros(pace.perDayMicro) }, daysLeft, emptyOn,
      nextExpiry: nextExpiry && { at: nextExpiry.at.toISOString(), credits: creditsFromMicros(nextExpiry.micro) }, days: days.map((day) => CreditDayResponse.from(day)),
    };
  }
}
