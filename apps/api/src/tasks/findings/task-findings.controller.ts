import { ReviewFindingStore, UnitOfWork } from '@app/domain';
import { Controller, Get, Query } from '@nestjs/common';
import { ApiOperation } from '@nestjs/swagger';
import { CurrentPrincipal, Policy } from '../../auth/auth.decorators';
import type { Principal } from '../../auth/principal';
import { ApiPage } from '../../http/openapi/answers';
import type { PageResponse } from '../../http/paging/page.query';
import { IdParam } from '../../http/validation/id.param';
import { TaskAccess } from '../task-access';
import { FindingQuery, FindingResponse } from './finding.dto';

/** More than a review may make. */
const MOST_FINDINGS = 500;

@Controller('tasks/:id/findings')
@Policy({ scope: 'tasks:read' })
export class TaskFindingsController {
  constructor(
    private readonly access: TaskAccess,
    private readonly findings: ReviewFindingStore,
    private readonly unitOfWork: UnitOfWork,
  ) {}

  @Get()
  @ApiOperation({ summary: 'The remarks of a review', description: 'Each was held against the lines of the change when it was made. In the order they were made; all on one page.' })
  @ApiPage(FindingResponse)
  async list(@IdParam() id: string, @Query() query: FindingQuery, @CurrentPrincipal() principal: Principal): Promise<PageResponse<FindingResponse>> {
    const task = await this.access.visible(principal, id);
    const findings = await this.findings.listForTask(this.unitOfWork.reader, { organizationId: principal.organizationId, id: task.id }, { ...query, limit: MOST_FINDINGS });
    return { data: findings.map((finding) => FindingResponse.from(finding)), nextCursor: null };
  }
}
