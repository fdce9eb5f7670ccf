import { PaymentsModule } from '@app/billing';
import type { DynamicModule } from '@nestjs/common';
import { DatabaseModule } from '../database.module';

/** Stripe, for whichever area of the API needs it: one module, made once. */
export const PAYMENTS: DynamicModule = PaymentsModule.with(DatabaseModule);
