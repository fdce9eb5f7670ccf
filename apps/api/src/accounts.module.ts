import { AccountsModule } from '@app/accounts';
import { DatabaseModule } from './database.module';

/** Opening, linking and erasing accounts; an area's module imports it. */
export const accountsModule = AccountsModule.with(DatabaseModule);
