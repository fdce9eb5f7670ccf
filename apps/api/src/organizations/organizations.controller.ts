import { OrganizationStore } from '@app/domain';
import { Controller, Get, Query, Req, Res } from '@nestjs/common';
import { ApiOperation } from '@nestjs/swagger';
import type { Response } from 'express';
import { CurrentPrincipal, Policy } from '../auth/auth.decorators';
import type { Principal } from '../auth/principal';
import type { HttpRequest } from '../http/http-request';
import { ApiPage } from '../http/openapi/answers';
import { PageQuery, type PageResponse } from '../http/paging/page.query';
import { Pager } from '../http/paging/pager';
import { OrganizationResponse } from './dto/organization.response';

@Controller('organizations')
export class OrganizationsController {
  constructor(
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
}
