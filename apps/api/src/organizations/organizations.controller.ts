import { SUBSCRIPTION_EXISTS } from '@app/billing';
import { VERSION_CONFLICT } from '@app/common';
import { ORGANIZATION_LIMIT, OrganizationStore, PERSONAL_ORGANIZATION, SLUG_TAKEN, TASK_BUSY } from '@app/domain';
import { Body, Controller, Delete, Get, HttpCode, Patch, Post, Put, Query, Req, Res } from '@nestjs/common';
import { ApiCreatedResponse, ApiNoContentResponse, ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import type { Response } from 'express';
import { CurrentPrincipal, Policy } from '../auth/auth.decorators';
import type { Principal } from '../auth/principal';
import { contentTag, hasIfMatch, requireIfMatch, setEtag } from '../http/etag';
import type { HttpRequest } from '../http/http-request';
import type { IdempotentCall } from '../http/idempotency/idempotent-call';
import { CurrentIdempotentCall, Idempotent } from '../http/idempotency/idempotent.decorators';
import { ApiPage } from '../http/openapi/answers';
import { Problems } from '../http/openapi/problems.decorator';
import { PageQuery, type PageResponse } from '../http/paging/page.query';
import { Pager } from '../http/paging/pager';
import { CurrentMembership, InOrganization, type Membership } from './access/organization.guard';
import { CreateOrganizationDto, UpdateOrganizationDto } from './dto/organization.dto';
import { OrganizationDetailsResponse, OrganizationResponse } from './dto/organization.response';
import { OrganizationDeletion } from './organization-deletion';
import { locationOf, OrganizationsService } from './organizations.service';

@Controller('organizations')
export class OrganizationsController {
  constructor(
    private readonly service: OrganizationsService,
    private readonly deletion: OrganizationDeletion,
    private readonly organizations: OrganizationStore,
    private readonly pager: Pager,
  ) {}

  @Policy()
  @Get()
  @ApiOperation({ summary: 'List the organizations you belong to' })
  @ApiPage(OrganizationResponse)
  async list(@Query() query: PageQuery, @CurrentPrincipal() principal: Principal, @Req() request: HttpRequest, @Res({ passthrough: true }) response: Response): Promise<PageResponse<OrganizationResponse>> {
    const page = this.pager.open(query, request);
    const organizations = await this.organizations.listForUser(principal.userId, page.request);
    return page.close(organizations, (row) => OrganizationResponse.from(row), response);
  }

  @Policy()
  @Idempotent()
  @Post()
  @ApiOperation({ summary: 'Create a team', description: 'You become its owner. It begins on the free plan and without credits: free credits are given once per person, to the personal organization.' })
  @ApiCreatedResponse({ type: OrganizationDetailsResponse, headers: { Location: { schema: { type: 'string' } } } })
  @Problems(SLUG_TAKEN, ORGANIZATION_LIMIT)
  async create(
    @Body() dto: CreateOrganizationDto,
    @CurrentPrincipal() principal: Principal,
    @CurrentIdempotentCall() call: IdempotentCall | null,
    @Res({ passthrough: true }) response: Response,
  ): Promise<OrganizationDetailsResponse> {
    const shown = await this.service.create(principal.userId, dto, call);
    response.setHeader('Location', locationOf(shown.id));
    return shown;
  }

  @InOrganization('viewer')
  @Get(':id')
  @ApiOperation({ summary: 'Get one organization' })
  @ApiOkResponse({ type: OrganizationDetailsResponse })
  async get(@CurrentMembership() member: Membership, @Res({ passthrough: true }) response: Response): Promise<OrganizationDetailsResponse> {
    const shown = await this.service.get(member);
    setEtag(response, contentTag(shown));
    return shown;
  }

  @InOrganization('admin')
  @Patch(':id')
  @ApiOperation({ summary: 'Change an organization', description: 'Merges what is sent.' })
  @ApiOkResponse({ type: OrganizationDetailsResponse })
  @Problems(SLUG_TAKEN, VERSION_CONFLICT)
  async update(@Body() dto: UpdateOrganizationDto, @CurrentMembership() member: Membership, @Req() request: HttpRequest, @Res({ passthrough: true }) response: Response): Promise<OrganizationDetailsResponse> {
    const shown = await this.service.update(member, dto, (current) => requireIfMatch(request, contentTag(current)));
    setEtag(response, contentTag(shown));
    return shown;
  }

  @InOrganization('admin')
  @Put(':id')
  @ApiOperation({ summary: 'Change an organization (alias of PATCH)', description: 'Merges what is sent; nothing is replaced.' })
  @ApiOkResponse({ type: OrganizationDetailsResponse })
  @Problems(SLUG_TAKEN, VERSION_CONFLICT)
  put(@Body() dto: UpdateOrganizationDto, @CurrentMembership() member: Membership, @Req() request: HttpRequest, @Res({ passthrough: true }) response: Response): Promise<OrganizationDetailsResponse> {
    return this.update(dto, member, request, response);
  }

  @InOrganization('owner')
  @HttpCode(204)
  @Delete(':id')
  @ApiOperation({
    summary: 'Delete a team',
    description: 'For good: its keys, secrets, tokens and what is left of its credits are gone, and everything of it answers 404. Not while tasks run. A personal organization goes with its account.',
  })
  @ApiNoContentResponse()
  @Problems(TASK_BUSY, PERSONAL_ORGANIZATION, SUBSCRIPTION_EXISTS, VERSION_CONFLICT)
  async delete(@CurrentMembership() member: Membership, @Req() request: HttpRequest): Promise<void> {
    if (hasIfMatch(request)) requireIfMatch(request, contentTag(await this.service.get(member)));
    await this.deletion.delete(member);
  }
}
