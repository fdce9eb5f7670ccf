import { PLAN_LIMIT_MEMBERS } from '@app/billing';
import { OrganizationInvitationStore, PERSONAL_ORGANIZATION, UnitOfWork } from '@app/domain';
import { Body, Controller, Delete, Get, HttpCode, Post, Query, Req, Res } from '@nestjs/common';
import { ApiCreatedResponse, ApiNoContentResponse, ApiOperation } from '@nestjs/swagger';
import type { Response } from 'express';
import type { HttpRequest } from '../../http/http-request';
import type { IdempotentCall } from '../../http/idempotency/idempotent-call';
import { CurrentIdempotentCall, Idempotent } from '../../http/idempotency/idempotent.decorators';
import { ApiPage } from '../../http/openapi/answers';
import { Problems } from '../../http/openapi/problems.decorator';
import { PageQuery, type PageResponse } from '../../http/paging/page.query';
import { Pager } from '../../http/paging/pager';
import { IdParam } from '../../http/validation/id.param';
import { CurrentMembership, InOrganization, type Membership } from '../access/organization.guard';
import { CreatedInvitationResponse, CreateInvitationDto, InvitationResponse } from './invitation.dto';
import { invitationLocation, InvitationsService } from './invitations.service';

@Controller('organizations/:id/invitations')
@InOrganization('admin')
export class InvitationsController {
  constructor(
    private readonly service: InvitationsService,
    private readonly invitations: OrganizationInvitationStore,
    private readonly unitOfWork: UnitOfWork,
    private readonly pager: Pager,
  ) {}

  @Get()
  @ApiOperation({ summary: 'List invitations', description: 'Those that were neither accepted nor revoked, expired ones too.' })
  @ApiPage(InvitationResponse)
  async list(@Query() query: PageQuery, @CurrentMembership() caller: Membership, @Req() request: HttpRequest, @Res({ passthrough: true }) response: Response): Promise<PageResponse<InvitationResponse>> {
    const page = this.pager.open(query, request);
    const rows = await this.invitations.listOpen(this.unitOfWork.reader, caller.organizationId, page.request);
    return page.close(rows, (row) => InvitationResponse.from(row), response);
  }

  @Idempotent()
  @Post()
  @ApiOperation({
    summary: 'Invite somebody',
    description: 'The answer holds the token once; we send no mail. Good for 7 days, for an account with this address. A new invitation to the same address takes the place of an open one.',
  })
  @ApiCreatedResponse({ type: CreatedInvitationResponse, headers: { Location: { schema: { type: 'string' } } } })
  @Problems(PLAN_LIMIT_MEMBERS, PERSONAL_ORGANIZATION)
  async create(
    @Body() dto: CreateInvitationDto,
    @CurrentMembership() caller: Membership,
    @CurrentIdempotentCall() call: IdempotentCall | null,
    @Res({ passthrough: true }) response: Response,
  ): Promise<CreatedInvitationResponse> {
    const shown = await this.service.create(caller, dto, call);
    response.setHeader('Location', invitationLocation(caller.organizationId, shown.id));
    return shown;
  }

  @HttpCode(204)
  @Delete(':invitationId')
  @ApiOperation({ summary: 'Revoke an invitation', description: 'Its token stops working at once.' })
  @ApiNoContentResponse()
  async revoke(@IdParam('invitationId') invitationId: string, @CurrentMembership() caller: Membership): Promise<void> {
    await this.service.revoke(caller, invitationId);
  }
}
