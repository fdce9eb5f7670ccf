import { TaskCandidateStore, UnitOfWork } from '@app/domain';
import { Controller, Get } from '@nestjs/common';
import { ApiOperation } from '@nestjs/swagger';
import { CurrentPrincipal, Policy } from '../../auth/auth.decorators';
import type { Principal } from '../../auth/principal';
import { ApiPage } from '../../http/openapi/answers';
import type { PageResponse } from '../../http/paging/page.query';
import { IdParam } from '../../http/validation/id.param';
import { CandidateResponse } from '../dto/candidate.response';
import { TaskAccess } from '../task-access';

/** The tries at a task, side by side. */
@Controller('tasks/:id/candidates')
@Policy({ scope: 'tasks:read' })
export class TaskCandidatesController {
  constructor(
    private readonly access: TaskAccess,
    private readonly candidates: TaskCandidateStore,
    private readonly unitOfWork: UnitOfWork,
  ) {}

  @Get()
  @ApiOperation({ summary: 'The candidates of a task, and why one was chosen', description: 'Each is a task of its own, with its own events, results and usage. None for a task that asked for no candidates.' })
  @ApiPage(CandidateResponse)
  async list(@IdParam() id: string, @CurrentPrincipal() principal: Principal): Promise<PageResponse<CandidateResponse>> {
    const task = await this.access.visible(principal, id);
    const candidates = await this.candidates.listForTask(this.unitOfWork.reader, principal.organizationId, task.id);
    return { data: candidates.map((candidate) => CandidateResponse.from(candidate)), nextCursor: null };
  }
}
