import { INSUFFICIENT_CREDITS, PLAN_LIMIT_MODEL, PLAN_LIMIT_TASKS_PER_DAY } from '@app/billing';
import { UNSAFE_URL } from '@app/common';
import { INVALID_MODEL, INVALID_REF, MODEL_UNAVAILABLE, TASK_NOT_EDITABLE } from '@app/domain';
import { Body, Controller, Delete, Get, HttpStatus, Patch, Post, Put, Query, Req, Res } from '@nestjs/common';
import { ApiAcceptedResponse, ApiCreatedResponse, ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import type { Response } from 'express';
import { CurrentPrincipal, Policy } from '../auth/auth.decorators';
import type { Principal } from '../auth/principal';
import { REPOSITORY_PROBLEMS } from '../git-repos/access/repository-problems';
import { hasIfMatch, requireIfMatch, setEtag } from '../http/etag';
import type { HttpRequest } from '../http/http-request';
import type { IdempotentCall } from '../http/idempotency/idempotent-call';
import { CurrentIdempotentCall, Idempotent } from '../http/idempotency/idempotent.decorators';
import { ApiPage } from '../http/openapi/answers';
import { Problems } from '../http/openapi/problems.decorator';
import { sendsJson } from '../http/json-text';
import { Pager } from '../http/paging/pager';
import { IdParam } from '../http/validation/id.param';
import { RateLimit } from '../http/rate-limit/rate-limit.decorator';
import { TaskCreation } from './create/task-creation';
import { CreateTaskDto } from './dto/create-task.dto';
import { CancelTaskDto } from './dto/task-control.dto';
import { TaskQuery } from './dto/task-query.dto';
import { TaskResponse, TaskSummaryResponse } from './dto/task.response';
import { UpdateTaskDto } from './dto/update-task.dto';
import { TaskAccess } from './task-access';
import { taskJson, taskSummaryJsonText } from './task-json';
import { TaskControl } from './task-control.service';
import { taskTag } from './task-tag';
import { TasksService } from './tasks.service';

@Controller('tasks')
export class TasksController {
  constructor(
    private readonly creation: TaskCreation,
    private readonly tasks: TasksService,
    private readonly access: TaskAccess,
    private readonly control: TaskControl,
    private readonly pager: Pager,
  ) {}

  @Policy({ role: 'member', scope: 'tasks:write' })
  @Idempotent()
  @RateLimit('tasks')
  @Post()
  @ApiOperation({ summary: 'Hand in a task', description: 'It is queued at once unless it is a draft or scheduled. Follow it with GET /tasks/{id}/events.' })
  @ApiCreatedResponse({ type: TaskResponse, headers: { Location: { schema: { type: 'string' } }, ETag: { schema: { type: 'string' } } } })
  @Problems(INSUFFICIENT_CREDITS, INVALID_REF, INVALID_MODEL, MODEL_UNAVAILABLE, PLAN_LIMIT_MODEL, PLAN_LIMIT_TASKS_PER_DAY, UNSAFE_URL, ...REPOSITORY_PROBLEMS)
  async create(@Body() dto: CreateTaskDto, @CurrentPrincipal() principal: Principal, @CurrentIdempotentCall() call: IdempotentCall | null, @Res({ passthrough: true }) response: Response): Promise<string> {
    const { json, location, tag } = await this.creation.create(principal, dto, call);
    response.location(location);
    setEtag(response, tag);
    sendsJson(response);
    return json;
  }

  @Policy({ scope: 'tasks:read' })
  @Get()
  @ApiOperation({ summary: 'List tasks of the organization' })
  @ApiPage(TaskSummaryResponse)
  async list(@Query() query: TaskQuery, @CurrentPrincipal() principal: Principal, @Req() request: HttpRequest, @Res({ passthrough: true }) response: Response): Promise<string> {
    const page = this.pager.open(query, request);
    const tasks = await this.tasks.list(principal, query, page.request);
    return page.closeText(tasks, taskSummaryJsonText, response);
  }

  @Policy({ scope: 'tasks:read' })
  @Get(':id')
  @ApiOperation({ summary: 'Get one task' })
  @ApiOkResponse({ type: TaskResponse })
  async get(@IdParam() id: string, @CurrentPrincipal() principal: Principal, @Res({ passthrough: true }) response: Response): Promise<string> {
    const task = await this.access.shown(principal, id);
    setEtag(response, taskTag(task));
    sendsJson(response);
    return taskJson(task);
  }

  @Policy({ role: 'member', scope: 'tasks:write' })
  @Put(':id')
  @ApiOperation({ summary: 'Change a task', description: 'Merges the fields that are sent. What can be changed depends on the status; `draft: false` starts a draft.' })
  @ApiOkResponse({ type: TaskResponse })
  @Problems(TASK_NOT_EDITABLE, INSUFFICIENT_CREDITS, INVALID_REF, INVALID_MODEL, MODEL_UNAVAILABLE, PLAN_LIMIT_MODEL, UNSAFE_URL, ...REPOSITORY_PROBLEMS)
  async update(@IdParam() id: string, @Body() dto: UpdateTaskDto, @CurrentPrincipal() principal: Principal, @Req() request: HttpRequest): Promise<TaskResponse> {
    const task = await this.access.toWorkOn(principal, await this.access.own(principal, id), dto);
    requireIfMatch(request, taskTag(task));
    const isConditional = hasIfMatch(request) && request.headers['if-match']?.trim() !== '*';
    const changed = await this.tasks.update(principal, task, dto, isConditional);
    setEtag(request.res as Response, taskTag(changed));
    return TaskResponse.from(changed);
  }

  @Policy({ role: 'member', scope: 'tasks:write' })
  @Patch(':id')
  @ApiOperation({ summary: 'Change a task', description: 'The same as PUT.' })
  @ApiOkResponse({ type: TaskResponse })
  @Problems(TASK_NOT_EDITABLE, INSUFFICIENT_CREDITS, INVALID_REF, INVALID_MODEL, MODEL_UNAVAILABLE, PLAN_LIMIT_MODEL, UNSAFE_URL, ...REPOSITORY_PROBLEMS)
  patch(@IdParam() id: string, @Body() dto: UpdateTaskDto, @CurrentPrincipal() principal: Principal, @Req() request: HttpRequest): Promise<TaskResponse> {
    return this.update(id, dto, principal, request);
  }

  @Policy({ role: 'member', scope: 'tasks:write' })
  @Delete(':id')
  @ApiOperation({ summary: 'Cancel a task', description: 'Safe to repeat; nothing is deleted. 202: its worker was told. 200: it was not running, or had ended.' })
  @ApiOkResponse({ type: TaskResponse })
  @ApiAcceptedResponse({ type: TaskResponse })
  async delete(@IdParam() id: string, @Query() query: CancelTaskDto, @CurrentPrincipal() principal: Principal, @Res({ passthrough: true }) response: Response): Promise<TaskResponse> {
    const task = await this.access.own(principal, id);
    requireIfMatch(response.req, taskTag(task));
    const { view, result } = await this.control.cancel(principal, task, query.reason);
    response.status(result === 'requested' ? HttpStatus.ACCEPTED : HttpStatus.OK);
    setEtag(response, taskTag(view));
    return TaskResponse.from(view);
  }
}
