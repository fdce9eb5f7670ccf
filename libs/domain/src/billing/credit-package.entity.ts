import { Big, Flag, Id, Int, Table, Text, Touched } from '../columns';

/** Credits on sale. */
@Table('credit_packages')
export class CreditPackage extends Touched {
  @Id() id!: string;
  @Text({ unique: true }) name!: string;
  @Text() displayName!: string;
  @Text({ nullable: true }) description!: string | null;
  @Big({ checked: true }) creditsMicro!: bigint;
  @Big({ default: 0, checked: true }) bonusCreditsMicro!: bigint;
  @Big({ checked: true }) priceMinor!: bigint;
  @Text({ default: 'usd', checked: true }) currency!: string;
  @Int({ nullable: true, checked: true }) expiresAfterDays!: number | null;
  @Text({ nullable: true }) stripeProductId!: string | null;
  @Text({ nullable: true, unique: true }) stripePriceId!: string | null;
  @Flag({ default: true }) isActive!: boolean;
  @Int({ default: 100 }) sortOrder!: number;
}
