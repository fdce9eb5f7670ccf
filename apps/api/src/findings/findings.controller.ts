import { Body, Controller, Get, Patch, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import { CurrentPrincipal, Policy } from '../auth/auth.decorators';
import type { Principal } from '../auth/principal';
import { ApiPage } from '../http/openapi/answers';
import type { PageResponse } from '../http/paging/page.query';
import { IdParam } from '../http/validation/id.param';
import { FindingQuery, FindingResponse } from '../tasks/findings/finding.dto';
import { DecideFindingDto } from './decide-finding.dto';
import { Findings } from './findings.service';

@Controller()
export class FindingsController {
  constructor(private readonly findings: Findings) {}

  @Get('pull-requests/:id/findings')
  @Policy({ scope: 'repos:read' })
  @ApiOperation({ summary: 'The remarks of all reviews of a pull request', description: 'Each once, followed over pushes; in the order they were first made; all on one page.' })
  @ApiPage(FindingResponse)
  async list(@IdParam() id: string, @Query() query: FindingQuery, @CurrentPrincipal() principal: Principal): Promise<PageResponse<FindingResponse>> {
    const findings = await this.findings.ofPullRequest(principal, id, query);
    return { data: findings.map((finding) => FindingResponse.from(finding)), nextCursor: null };
  }

  @Patch('findings/:id')
  @Policy({ role: 'member', scope: 'repos:write' })
  @ApiOperation({ summary: 'Dismiss a remark, or take that back', description: 'Holds for the whole repository. Its comment on GitHub stays as it is.' })
  @ApiOkResponse({ type: FindingResponse })
  async decide(@IdParam() id: string, @Body() dto: DecideFindingDto, @CurrentPrincipal() principal: Principal): Promise<FindingResponse> {
    return FindingResponse.from(await this.findings.decide(principal, id, dto));
  }
}
