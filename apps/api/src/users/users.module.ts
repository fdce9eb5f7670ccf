import { BillingModule } from '@app/billing';
import { MessagingModule } from '@app/messaging';
import { Module } from '@nestjs/common';
import { AccountsModule } from '../auth/accounts';
import { DatabaseModule } from '../database.module';
import { AccountDeletion } from './account-deletion';
import { ProfileService } from './profile.service';
import { ProfileUpdate } from './profile-update';
import { UsersController } from './users.controller';

@Module({
  imports: [DatabaseModule, BillingModule, AccountsModule.with(DatabaseModule), MessagingModule.forProducer()],
  controllers: [UsersController],
  providers: [AccountDeletion, ProfileService, ProfileUpdate],
})
export class UsersModule {}
