import { AuditLogStore, UnitOfWork } from '@app/domain';
import { Controller, Get, Query, Req, Res } from '@nestjs/common';
import { ApiOperation } from '@nestjs/swagger';
import type { Response } from 'express';
import type { HttpRequest } from '../http/http-request';
import { ApiPage } from '../http/openapi/answers';
import type { PageResponse } from '../http/paging/page.query';
import { Pager } from '../http/paging/pager';
import { CurrentMembership, InOrganization, type Membership } from '../organizations/access/organization.guard';
import { AuditLogQuery, AuditLogResponse, toAuditFilter } from './dto/audit-log.dto';

@Controller('organizations/:id/audit-logs')
export class OrganizationAuditController {
  constructor(
    private readonly logs: AuditLogStore,
    private readonly unitOfWork: UnitOfWork,
    private readonly pager: Pager,
  ) {}

  @InOrganization('admin')
  @Get()
  @ApiOperation({ summary: 'Who did what in the organization', description: 'Every write leaves a row here, newest first.' })
  @ApiPage(AuditLogResponse)
  async list(@Query() query: AuditLogQuery, @CurrentMembership() member: Membership, @Req() request: HttpRequest, @Res({ passthrough: true }) response: Response): Promise<PageResponse<AuditLogResponse>> {
    const page = this.pager.open(query, request);
    const rows = await this.logs.listForOrganization(this.unitOfWork.reader, member.organizationId, toAuditFilter(query), page.request);
    return page.close(rows, (row) => AuditLogResponse.from(row), response);
  }
}
