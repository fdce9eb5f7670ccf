import { BillingModule } from '@app/billing';
import { MessagingModule } from '@app/messaging';
import { Module } from '@nestjs/common';
import { AuthModule } from '../auth/auth.module';
import { DatabaseModule } from '../database.module';
import { AdminAuditController } from './admin-audit.controller';
import { StaffActor } from './for-staff';
import { AdminInboxController } from './inbox/admin-inbox.controller';
import { AdminOperationsController } from './operations.controller';
import { TaskAftermath, TaskRescue } from './task-rescue';
import { AdminReconcileController } from './reconcile.controller';
import { AdminUsersController } from './users/accounts.controller';
import { BoardAccess } from './queues/board-access';
import { AccountsService } from './users/accounts.service';
import { CreditGrants } from './users/credit-grants';

/** What the platform's staff sees and does: `support` reads, `admin` writes. */
@Module({
  imports: [AuthModule, DatabaseModule, BillingModule, MessagingModule.forProducer()],
  controllers: [AdminUsersController, AdminAuditController, AdminInboxController, AdminOperationsController, AdminReconcileController],
  providers: [AccountsService, BoardAccess, CreditGrants, StaffActor, TaskAftermath, TaskRescue],
})
export class AdminModule {}
