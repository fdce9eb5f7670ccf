import { BillingModule } from '@app/billing';
import { Module } from '@nestjs/common';
import { DatabaseModule } from '../database.module';
import { ProfileService } from './profile.service';
import { UsersController } from './users.controller';

@Module({ imports: [DatabaseModule, BillingModule], controllers: [UsersController], providers: [ProfileService] })
export class UsersModule {}
