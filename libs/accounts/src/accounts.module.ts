import { BillingModule } from '@app/billing';
import { Module, type DynamicModule, type ModuleMetadata } from '@nestjs/common';
import { AccountErasure } from './account-erasure';
import { AccountOpening } from './account-opening';
import { GrantedAddresses } from './granted-addresses';
import { ProviderSessions } from './provider-sessions';
import { VouchedAccounts } from './vouched-accounts';

const SERVICES = [AccountErasure, AccountOpening, ProviderSessions, VouchedAccounts];
const PROVIDERS = [...SERVICES, GrantedAddresses];

/** A person's account from its opening to its erasure. */
@Module({})
export class AccountsModule {
  /** @param database the process's database module: `UnitOfWork` and the stores */
  static with(database: NonNullable<ModuleMetadata['imports']>[number]): DynamicModule {
    return { module: AccountsModule, imports: [BillingModule, database], providers: PROVIDERS, exports: SERVICES };
  }
}
