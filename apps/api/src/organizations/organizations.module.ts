import { BillingModule } from '@app/billing';
import { Module } from '@nestjs/common';
import { OrganizationAuditController } from '../audit/organization-audit.controller';
import { DatabaseModule } from '../database.module';
import { OrganizationGuard } from './access/organization.guard';
import { InvitationAcceptance } from './invitations/invitation-acceptance';
import { InvitationAcceptanceController } from './invitations/invitation-acceptance.controller';
import { InvitationsController } from './invitations/invitations.controller';
import { InvitationsService } from './invitations/invitations.service';
import { MembersController } from './members/members.controller';
import { MembersService } from './members/members.service';
import { OrganizationDeletion } from './organization-deletion';
import { OrganizationsController } from './organizations.controller';
import { OrganizationsService } from './organizations.service';

@Module({
  imports: [DatabaseModule, BillingModule],
  controllers: [OrganizationsController, MembersController, InvitationsController, InvitationAcceptanceController, OrganizationAuditController],
  providers: [OrganizationGuard, OrganizationsService, OrganizationDeletion, MembersService, InvitationsService, InvitationAcceptance],
  exports: [InvitationAcceptance],
})
export class OrganizationsModule {}
