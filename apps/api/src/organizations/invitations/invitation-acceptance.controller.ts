import { PLAN_LIMIT_MEMBERS } from '@app/billing';
import { notFound } from '@app/common';
import { ORGANIZATION_LIMIT, OrganizationStore, UnitOfWork, UserStore } from '@app/domain';
import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import { ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import { CurrentPrincipal, Policy } from '../../auth/auth.decorators';
import type { Principal } from '../../auth/principal';
import type { IdempotentCall } from '../../http/idempotency/idempotent-call';
import { CurrentIdempotentCall, Idempotent } from '../../http/idempotency/idempotent.decorators';
import { Problems } from '../../http/openapi/problems.decorator';
import { OrganizationResponse } from '../dto/organization.response';
import { InvitationAcceptance } from './invitation-acceptance';
import { AcceptInvitationDto } from './invitation.dto';

@Controller('invitations')
export class InvitationAcceptanceController {
  constructor(
    private readonly acceptance: InvitationAcceptance,
    private readonly organizations: OrganizationStore,
    private readonly users: UserStore,
    private readonly unitOfWork: UnitOfWork,
  ) {}

  @Policy()
  @Idempotent()
  @HttpCode(200)
  @Post('accept')
  @ApiOperation({
    summary: 'Join an organization by an invitation',
    description: 'The token is the secret, and your account must have the address that was invited. Safe to repeat. A token that is unknown, expired or revoked is a 404.',
  })
  @ApiOkResponse({ type: OrganizationResponse })
  @Problems(PLAN_LIMIT_MEMBERS, ORGANIZATION_LIMIT)
  async accept(@Body() dto: AcceptInvitationDto, @CurrentPrincipal() { userId }: Principal, @CurrentIdempotentCall() call: IdempotentCall | null): Promise<OrganizationResponse> {
    const user = await this.users.find(userId);
    if (!user) throw notFound();
    return this.unitOfWork.run(async (tx) => {
      const organizationId = await this.acceptance.accept(tx, { userId, email: user.email }, dto.token);
      const organization = await this.organizations.findForMember(tx, organizationId, userId);
      if (!organization) throw notFound();
      const shown = OrganizationResponse.from(organization);
      await call?.complete(tx, { status: 200, body: shown });
      return shown;
    });
  }
}
