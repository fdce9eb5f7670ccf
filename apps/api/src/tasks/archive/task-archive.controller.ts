import { TASK_BUSY } from '@app/domain';
import { Body, Controller, HttpCode, HttpStatus, Post, Res } from '@nestjs/common';
import { ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import type { Response } from 'express';
import { CurrentPrincipal, Policy } from '../../auth/auth.decorators';
import type { Principal } from '../../auth/principal';
import { setEtag } from '../../http/etag';
import { Idempotent } from '../../http/idempotency/idempotent.decorators';
import { Problems } from '../../http/openapi/problems.decorator';
import { IdParam } from '../../http/validation/id.param';
import { ArchivedTasksResponse, ArchiveTaskDto, ArchiveTasksDto } from '../dto/archive.dto';
import { TaskResponse } from '../dto/task.response';
import { TaskAccess } from '../task-access';
import { taskTag } from '../task-tag';
import { TaskArchive } from './task-archive.service';

/** Keeps the list of tasks short. */
@Controller('tasks')
@Policy({ role: 'member', scope: 'tasks:write' })
export class TaskArchiveController {
  constructor(
    private readonly access: TaskAccess,
    private readonly archiving: TaskArchive,
  ) {}

  @Post('archive')
  @Idempotent()
  @HttpCode(HttpStatus.OK)
  @ApiOperation({ summary: 'Archive several tasks', description: 'Each by itself: those that cannot be archived are named, with the code that archiving one of them would answer.' })
  @ApiOkResponse({ type: ArchivedTasksResponse })
  archiveAll(@Body() dto: ArchiveTasksDto, @CurrentPrincipal() principal: Principal): Promise<ArchivedTasksResponse> {
    return this.archiving.setAll(principal, dto.ids);
  }

  @Post(':id/archive')
  @Idempotent()
  @HttpCode(HttpStatus.OK)
  @ApiOperation({ summary: 'Archive a task that has ended', description: 'Safe to repeat; nothing is deleted. A task that goes on is taken out of the archive.' })
  @ApiOkResponse({ type: TaskResponse })
  @Problems(TASK_BUSY)
  archive(@IdParam() id: string, @Body() _dto: ArchiveTaskDto, @CurrentPrincipal() principal: Principal, @Res({ passthrough: true }) response: Response): Promise<TaskResponse> {
    return this.set(principal, id, { archived: true, response });
  }

  @Post(':id/unarchive')
  @Idempotent()
  @HttpCode(HttpStatus.OK)
  @ApiOperation({ summary: 'Take a task out of the archive', description: 'Safe to repeat.' })
  @ApiOkResponse({ type: TaskResponse })
  @Problems(TASK_BUSY)
  unarchive(@IdParam() id: string, @Body() _dto: ArchiveTaskDto, @CurrentPrincipal() principal: Principal, @Res({ passthrough: true }) response: Response): Promise<TaskResponse> {
    return this.set(principal, id, { archived: false, response });
  }

  private async set(principal: Principal, id: string, { archived, response }: { archived: boolean; response: Response }): Promise<TaskResponse> {
    const task = await this.archiving.set(await this.access.own(principal, id), archived);
    setEtag(response, taskTag(task));
    return TaskResponse.from(task);
  }
}
