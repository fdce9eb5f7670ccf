import { AuditLogStore, UnitOfWork } from '@app/domain';
import { Controller, Get, Query, Req, Res } from '@nestjs/common';
import { ApiOperation } from '@nestjs/swagger';
import type { Response } from 'express';
import { toAuditFilter } from '../audit/dto/audit-log.dto';
import type { HttpRequest } from '../http/http-request';
import { ApiPage } from '../http/openapi/answers';
import type { PageResponse } from '../http/paging/page.query';
import { Pager } from '../http/paging/pager';
import { AdminAuditLogResponse, AdminAuditQuery } from './admin-audit.dto';
import { ForStaff } from './for-staff';

@Controller('admin/audit-logs')
export class AdminAuditController {
  constructor(
    private readonly logs: AuditLogStore,
    private readonly unitOfWork: UnitOfWork,
    private readonly pager: Pager,
  ) {}

  @ForStaff('support')
  @Get()
  @ApiOperation({ summary: 'Who did what, in all organizations and outside of them', description: 'Newest first.' })
  @ApiPage(AdminAuditLogResponse)
  async list(@Query() query: AdminAuditQuery, @Req() request: HttpRequest, @Res({ passthrough: true }) response: Response): Promise<PageResponse<AdminAuditLogResponse>> {
    const page = this.pager.open(query, request);
    const rows = await this.logs.listForPlatform(this.unitOfWork.reader, { ...toAuditFilter(query), organizationId: query.organizationId }, page.request);
    return page.close(rows, (row) => AdminAuditLogResponse.from(row), response);
  }
}
