import { BillingModule } from '@app/billing';
import { MessagingModule } from '@app/messaging';
import { Module } from '@nestjs/common';
import { accountsModule } from '../accounts.module';
import { DatabaseModule } from '../database.module';
import { AccountDeletion } from './account-deletion';
import { ProfileGithubParts } from './profile-github';
import { ProfileService } from './profile.service';
import { ProfileUpdate } from './profile-update';
import { UsersController } from './users.controller';

@Module({
  imports: [DatabaseModule, BillingModule, accountsModule, MessagingModule.forProducer()],
  controllers: [UsersController],
  providers: [AccountDeletion, ProfileGithubParts, ProfileService, ProfileUpdate],
})
export class UsersModule {}
