import { VERSION_CONFLICT } from '@app/common';
import { LAST_OWNER, type Member, OrganizationMemberStore, UnitOfWork } from '@app/domain';
import { Body, Controller, Delete, Get, HttpCode, Patch, Query, Req, Res } from '@nestjs/common';
import { ApiNoContentResponse, ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import type { Response } from 'express';
import { requireIfMatch, setEtag, versionTag } from '../../http/etag';
import type { HttpRequest } from '../../http/http-request';
import { ApiPage } from '../../http/openapi/answers';
import { Problems } from '../../http/openapi/problems.decorator';
import { PageQuery, type PageResponse } from '../../http/paging/page.query';
import { Pager } from '../../http/paging/pager';
import { IdParam } from '../../http/validation/id.param';
import { CurrentMembership, InOrganization, type Membership } from '../access/organization.guard';
import { MemberResponse, UpdateMemberDto } from './member.dto';
import { MembersService } from './members.service';

@Controller('organizations/:id/members')
export class MembersController {
  constructor(
    private readonly service: MembersService,
    private readonly members: OrganizationMemberStore,
    private readonly unitOfWork: UnitOfWork,
    private readonly pager: Pager,
  ) {}

  @InOrganization('viewer')
  @Get()
  @ApiOperation({ summary: 'List the members', description: 'By the time they joined. E-mail addresses are shown to admins.' })
  @ApiPage(MemberResponse)
  async list(@Query() query: PageQuery, @CurrentMembership() caller: Membership, @Req() request: HttpRequest, @Res({ passthrough: true }) response: Response): Promise<PageResponse<MemberResponse>> {
    const page = this.pager.open(query, request);
    const rows = await this.members.list(this.unitOfWork.reader, caller.organizationId, page.request);
    return page.close(rows, (member) => MemberResponse.from(member, caller), response);
  }

  @InOrganization('admin')
  @Patch(':userId')
  @ApiOperation({ summary: "Change a member's role", description: 'Only owners make or change owners. Who is no admin any more: their open invitations are revoked.' })
  @ApiOkResponse({ type: MemberResponse })
  @Problems(LAST_OWNER, VERSION_CONFLICT)
  async setRole(
    @IdParam('userId') userId: string,
    @Body() dto: UpdateMemberDto,
    @CurrentMembership() caller: Membership,
    @Req() request: HttpRequest,
  ): Promise<MemberResponse> {
    const member = await this.service.setRole(caller, userId, dto.role, (current) => requireIfMatch(request, tagOf(current)));
    if (request.res) setEtag(request.res, tagOf(member));
    return MemberResponse.from(member, caller);
  }

  @InOrganization('viewer')
  @HttpCode(204)
  @Delete(':userId')
  @ApiOperation({
    summary: 'Remove a member, or leave',
    description: 'Admins remove others; everybody may leave by naming themselves. Access tokens of this organization stop working at once. Tasks stay with the organization.',
  })
  @ApiNoContentResponse()
  @Problems(LAST_OWNER, VERSION_CONFLICT)
  async remove(@IdParam('userId') userId: string, @CurrentMembership() caller: Membership, @Req() request: HttpRequest): Promise<void> {
    await this.service.remove(caller, userId, (current) => requireIfMatch(request, tagOf(current)));
  }
}

function tagOf(member: Member): string {
  return versionTag(member.rowVersion);
}
