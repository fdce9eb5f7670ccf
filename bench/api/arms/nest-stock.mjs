// Nest as its documentation teaches it: passport-jwt with the secret as text, TypeORM's repositories with relations, ValidationPipe with class-validator.
import 'reflect-metadata';
import { createHash } from 'node:crypto';
import { Body, ConflictException, Controller, Get, Headers, Injectable, Module, NotFoundException, Param, Post, Req, Res, UnauthorizedException, UseGuards, ValidationPipe } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { AuthGuard, PassportModule, PassportStrategy } from '@nestjs/passport';
import { getRepositoryToken, TypeOrmModule } from '@nestjs/typeorm';
import { IsArray, IsNumber, IsObject, IsOptional, IsString, IsUUID, MaxLength } from 'class-validator';
import { ExtractJwt, Strategy } from 'passport-jwt';
import { __decorate, __metadata, __param } from 'tslib';
import { DataSource, In, IsNull } from 'typeorm';
import { uuidv7 } from '../uuid.mjs';
import { settings } from '../backend.mjs';
import { pageOf, taskOf } from '../shape.mjs';
import { Account, Attempt, Audit, Counters, Event, Key, Member, Model, PullRequest, Repository, SCHEMAS, Session, Subscription, Task } from '../stock-entities.mjs';

const { url, pool, secret, issuer } = settings();
const LIMIT = 20;
const RELATIONS = { repository: true, user: true, model: true, counters: true };

class JwtStrategy extends PassportStrategy(Strategy) {
  constructor(sessions, members) {
    super({ jwtFromRequest: ExtractJwt.fromAuthHeaderAsBearerToken(), secretOrKey: secret, issuer, audience: 'async-coder-api' });
    this.sessions = sessions;
    this.members = members;
  }

  async validate({ sub, sid, tv }) {
    const session = await this.sessions.findOne({ where: { id: sid, userId: sub }, relations: { user: true } });
    if (!session || session.revokedAt || session.expiresAt < new Date() || session.user.status !== 'active' || session.user.tokenVersion !== tv) throw new UnauthorizedException();
    const member = await this.members.findOne({ where: { userId: sub, organizationId: session.user.defaultOrganizationId }, relations: { organization: true } });
    if (!member || member.organization.status !== 'active') throw new UnauthorizedException();
    return { userId: sub, organizationId: member.organizationId, role: member.role };
  }
}
const InjectedStrategy = __decorate([Injectable(), __metadata('design:paramtypes', [Object, Object]), __param(0, injected(Session)), __param(1, injected(Member))], JwtStrategy);

class CreateTask {}
for (const [name, ...rules] of [['repositoryId', IsUUID()], ['prompt', IsString(), MaxLength(100_000)], ['tags', IsOptional(), IsArray(), IsString({ each: true })], ['metadata', IsOptional(), IsObject()], ['maxCredits', IsOptional(), IsNumber()]]) {
  __decorate(rules, CreateTask.prototype, name, undefined);
}

class TasksService {
  constructor(dataSource) {
    this.dataSource = dataSource;
  }

  async find(organizationId, id, manager = this.dataSource.manager) {
    const task = await manager.findOne(Task, { where: { id, organizationId }, relations: RELATIONS });
    if (!task) throw new NotFoundException();
    const [row] = await this.rows([task], manager);
    return row;
  }

  async list(organizationId) {
    const tasks = await this.dataSource.manager.find(Task, { where: { organizationId, archivedAt: IsNull() }, relations: RELATIONS, order: { createdAt: 'DESC', id: 'DESC' }, take: LIMIT + 1 });
    return pageOf(await this.rows(tasks, this.dataSource.manager), LIMIT);
  }

  /** What is not one row of the task's own. */
  async rows(tasks, manager) {
    const ids = tasks.map(({ id }) => id);
    const pullRequests = await manager.find(PullRequest, { where: { taskId: In(ids) } });
    const attempts = await manager.find(Attempt, { where: { taskId: In(ids) }, order: { number: 'ASC' } });
    const checked = tasks.filter(({ verification }) => verification !== null).map(({ id }) => id);
    const checks = checked.length === 0 ? [] : await manager.find(Event, { where: { taskId: In(checked), type: 'verify' }, order: { seq: 'ASC' } });
    const latest = (rows) => new Map(rows.map((row) => [row.taskId, row]));
    const [pullRequestOf, attemptOf, checksOf] = [pullRequests, attempts, checks].map(latest);
    const flat = tasks.map((task) => flatten(task, { pullRequest: pullRequestOf.get(task.id), attempt: attemptOf.get(task.id), event: checksOf.get(task.id) }));
    for (const row of flat.filter(({ status }) => status === 'queued')) row.queue_position = (await this.ahead(manager, attemptOf.get(row.id))) + 1;
    return flat;
  }

  ahead(manager, { availableAt, id }) {
    return manager.createQueryBuilder(Attempt, 'a').where(`a.status = 'queued' AND (a.availableAt, a.id) < (:availableAt, CAST(:id AS uuid))`, { availableAt, id }).limit(1_000).getCount();
  }

  async create({ userId, organizationId }, dto, key) {
    const scope = `u:${userId}`;
    return this.dataSource.transaction(async (manager) => {
      if (await manager.findOne(Key, { where: { scope, key } })) throw new ConflictException();
      const [repository, model, account] = [
        await manager.findOne(Repository, { where: { id: dto.repositoryId, organizationId } }), await manager.findOne(Model, { where: { isDefault: true, isActive: true } }), await manager.findOne(Account, { where: { organizationId } }),
      ];
      if (!repository) throw new NotFoundException();
      const { plan } = await manager.findOneOrFail(Subscription, { where: { organizationId, status: 'active' }, relations: { plan: true } });
      const today = await manager.createQueryBuilder(Task, 't').where(`t.organizationId = :organizationId AND t.createdAt >= date_trunc('day', now())`, { organizationId }).getCount();
      if (today >= plan.maxTasksPerDay || account.availableMicro === '0') throw new ConflictException();
      const id = uuidv7();
      const now = new Date();
      await manager.save(Task, manager.create(Task, {
        id, organizationId, userId, repositoryId: repository.id, aiModelId: model.id, requestedModel: 'auto', mode: 'code', title: dto.prompt.slice(0, 80), prompt: dto.prompt, priority: 'medium', branch: repository.defaultBranch,
        targetBranch: repository.defaultBranch, workBranch: `async-coder/${id}`, options: { timeoutSeconds: 1_800 }, metadata: dto.metadata ?? {}, tags: dto.tags ?? [], status: 'queued', maxCreditsMicro: String((dto.maxCredits ?? 100) * 1_000_000), attemptCount: 1, queuedAt: now,
      }));
      await manager.save(Counters, manager.create(Counters, { taskId: id, lastEventSeq: '1' }));
      const attempt = await manager.save(Attempt, manager.create(Attempt, { id: uuidv7(), taskId: id, number: 1, aiModelId: model.id }));
      await manager.save(Event, manager.create(Event, { taskId: id, seq: '1', attemptId: attempt.id, type: 'status', data: { from: null, to: 'queued', reason: null } }));
      await manager.insert(Audit, { organizationId, actorType: 'user', actorId: userId, action: 'task.created', targetType: 'task', targetId: id, changes: { repositoryId: repository.id, mode: 'code', status: 'queued' }, ipAddress: '127.0.0.1', userAgent: 'bench/1', requestId: `req_${id}` });
      const row = await this.find(organizationId, id, manager);
      await manager.save(Key, manager.create(Key, {
        scope, key, method: 'POST', path: '/api/v1/tasks', requestHash: createHash('sha256').update(JSON.stringify(dto)).digest(), state: 'completed', responseStatus: 201, responseBodyEnc: Buffer.from(JSON.stringify(taskOf(row))),
        lockedUntil: now, expiresAt: new Date(now.getTime() + 86_400_000),
      }));
      return row;
    });
  }
}
const InjectedService = __decorate([Injectable(), __metadata('design:paramtypes', [DataSource])], TasksService);

class TasksController {
  constructor(tasks) {
    this.tasks = tasks;
  }

  list(request) {
    return this.tasks.list(request.user.organizationId);
  }

  async get(id, request, response) {
    return answer(await this.tasks.find(request.user.organizationId, id), response);
  }

  async create(dto, key, request, response) {
    return answer(await this.tasks.create(request.user, dto, key), response);
  }
}
const method = (name, types, decorators) => __decorate([...decorators, __metadata('design:type', Function), __metadata('design:paramtypes', types)], TasksController.prototype, name, null);
method('list', [Object], [Get(), __param(0, Req())]);
method('get', [String, Object, Object], [Get(':id'), __param(0, Param('id')), __param(1, Req()), __param(2, Res({ passthrough: true }))]);
method('create', [CreateTask, String, Object, Object], [Post(), __param(0, Body()), __param(1, Headers('idempotency-key')), __param(2, Req()), __param(3, Res({ passthrough: true }))]);
const GuardedController = __decorate([Controller('api/v1/tasks'), UseGuards(AuthGuard('jwt')), __metadata('design:paramtypes', [InjectedService])], TasksController);

const App = __decorate([
  Module({
    imports: [TypeOrmModule.forRoot({ type: 'postgres', url, poolSize: pool, entities: SCHEMAS, extra: { options: '-c TimeZone=UTC' } }), TypeOrmModule.forFeature(SCHEMAS), PassportModule],
    controllers: [GuardedController],
    providers: [InjectedStrategy, InjectedService],
  }),
], class App {});

function injected(entity) {
  return (target, _, index) => Reflect.defineMetadata('self:paramtypes', [...(Reflect.getMetadata('self:paramtypes', target) ?? []), { index, param: getRepositoryToken(entity) }], target);
}

function answer(row, response) {
  response.setHeader('ETag', `"${row.row_version}-${row.last_event_seq}"`);
  return taskOf(row);
}

/** The entity with its relations as the one row that the other arms read. */
function flatten(task, { pullRequest, attempt, event }) {
  const row = {};
  for (const [name, value] of Object.entries(task)) if (typeof value !== 'object' || value === null || value instanceof Date || ['tags', 'options', 'metadata'].includes(name)) row[snake(name)] = value;
  const { counters, repository, user, model } = task;
  for (const [name, value] of Object.entries(counters)) row[snake(name)] = value;
  return Object.assign(row, {
    page_sort: task.createdAt.toISOString(), repository_full_name: repository.fullName, created_by_username: user.username, model_name: model?.name ?? null, source_pull_request_number: null, callback_url: null,
    pull_request_id: pullRequest?.id ?? null, pull_request_number: pullRequest?.prNumber, pull_request_url: pullRequest?.url, pull_request_status: pullRequest?.status, checks: event?.data.checks,
    attempt_number: attempt?.number ?? null, attempt_status: attempt?.status, attempt_stage: attempt?.stage, attempt_started_at: attempt?.startedAt ?? null, queue_position: null, queue_available_at: null,
  });
}

function snake(name) {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

const app = await NestFactory.create(App, { logger: ['error'] });
app.useGlobalPipes(new ValidationPipe({ whitelist: true, forbidNonWhitelisted: true, transform: true }));
app.getHttpServer().keepAliveTimeout = 65_000;
await app.listen(0, '127.0.0.1');
process.stdout.write(`${JSON.stringify({ url: await app.getUrl() })}\n`);
