import { PlatformStatsStore, TASK_NOT_CANCELLABLE, TaskAdminStore, UnitOfWork } from '@app/domain';
import { Body, Controller, Get, HttpCode, Post, Query, Req, Res } from '@nestjs/common';
import { ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import type { Response } from 'express';
import type { HttpRequest } from '../http/http-request';
import { ApiPage } from '../http/openapi/answers';
import { Problems } from '../http/openapi/problems.decorator';
import type { PageResponse } from '../http/paging/page.query';
import { Pager } from '../http/paging/pager';
import { IdParam } from '../http/validation/id.param';
import { ForStaff } from './for-staff';
import { FailTaskDto, StaffTaskQuery, StaffTaskResponse } from './staff-task.dto';
import { PlatformStatsResponse } from './stats.response';
import { TaskRescue } from './task-rescue';

/** How the platform runs. */
@Controller('admin')
export class AdminOperationsController {
  constructor(
    private readonly stats: PlatformStatsStore,
    private readonly tasks: TaskAdminStore,
    private readonly rescue: TaskRescue,
    private readonly unitOfWork: UnitOfWork,
    private readonly pager: Pager,
  ) {}

  @ForStaff('support')
  @Get('stats')
  @ApiOperation({ summary: 'How much there is, what waits, and what should not wait any more' })
  @ApiOkResponse({ type: PlatformStatsResponse })
  read(): Promise<PlatformStatsResponse> {
    return this.stats.read(this.unitOfWork.reader);
  }

  @ForStaff('support')
  @Get('tasks')
  @ApiOperation({ summary: 'List tasks of all organizations', description: 'Where they stand, without what they say.' })
  @ApiPage(StaffTaskResponse)
  async listTasks(@Query() query: StaffTaskQuery, @Req() request: HttpRequest, @Res({ passthrough: true }) response: Response): Promise<PageResponse<StaffTaskResponse>> {
    const page = this.pager.open(query, request);
    const { status: statuses, organizationId, userId } = query;
    const rows = await this.tasks.list(this.unitOfWork.reader, { statuses, organizationId, userId }, page.request);
    return page.close(rows, (row) => StaffTaskResponse.from(row), response);
  }

  @ForStaff('admin')
  @HttpCode(200)
  @Post('tasks/:id/fail')
  @ApiOperation({ summary: 'Fail a queued or running task', description: 'For one that is stuck: its worker is fenced off, reserved credits are given back, and its people may retry it.' })
  @ApiOkResponse({ type: StaffTaskResponse })
  @Problems(TASK_NOT_CANCELLABLE)
  async fail(@IdParam() id: string, @Body() dto: FailTaskDto): Promise<StaffTaskResponse> {
    return StaffTaskResponse.from(await this.rescue.fail(id, dto.reason));
  }
}
