import { AppError, FORBIDDEN, newId, notFound } from '@app/common';
import { AUTOMATION_DISABLED, AutomationStore, recordAudit, UnitOfWork, type AutomationChanges, type AutomationRow, type Tx } from '@app/domain';
import { AutomationRuns, readCredits } from '@app/submission';
import { Injectable } from '@nestjs/common';
import { hasRole, type Principal } from '../auth/principal';
import { RepositoryAccess } from '../git-repos/access/repository-access';
import { versionConflict, versionTag } from '../http/etag';
import type { IdempotentCall } from '../http/idempotency/idempotent-call';
import { AutomationRulesCheck, type CheckedRule } from './automation-rules-check';
import type { CreateAutomationDto, TriggerAutomationDto, UpdateAutomationDto } from './dto/automation.dto';
import { AutomationResponse, AutomationRunResponse } from './dto/automation.response';

/** Which version of an automation a change is meant for; null: whatever it is. */
export interface AutomationTarget {
  readonly row: AutomationRow;
  readonly rowVersion: number | null;
}

/** An organization's automations. Every write leaves an audit row. */
@Injectable()
export class AutomationsService {
  constructor(
    private readonly automations: AutomationStore,
    private readonly rules: AutomationRulesCheck,
    private readonly access: RepositoryAccess,
    private readonly runs: AutomationRuns,
    private readonly unitOfWork: UnitOfWork,
  ) {}

  /** @throws {AppError} not_found */
  async visible({ organizationId }: Principal, id: string): Promise<AutomationRow> {
    const row = await this.automations.find(this.unitOfWork.reader, organizationId, id);
    if (!row) throw notFound();
    return row;
  }

  /** Who made it, and admins. @throws {AppError} not_found, forbidden, repository_write_denied */
  async own(principal: Principal, id: string): Promise<AutomationRow> {
    const row = await this.visible(principal, id);
    if (row.userId !== principal.userId && !hasRole(principal.role, 'admin')) throw new AppError(FORBIDDEN, 'Only who made the automation, or an admin of the organization, may do this.');
    await this.access.require(principal, row.repositoryId, 'write');
    return row;
  }

  /** @throws {AppError} not_found, repository_write_denied, validation_failed, plan_limit_automations and what POST /tasks throws, below /task */
  async create(principal: Principal, dto: CreateAutomationDto, call: IdempotentCall | null): Promise<AutomationRow> {
    const { organizationId, userId } = principal;
    const repositoryId = dto.repositoryId.toLowerCase();
    await this.access.require(principal, repositoryId, 'write');
    const rule = this.rules.rule(dto.trigger);
    await this.rules.template({ organizationId, userId, repositoryId }, rule.kind, dto.task);
    const limits = { maxCreditsPerRunMicro: readCredits(dto.maxCreditsPerRun), maxCreditsPerMonthMicro: readCredits(dto.maxCreditsPerMonth) };
    const automation = { organizationId, userId, repositoryId, name: dto.name, ...rule, filter: dto.filter ?? {}, template: dto.task, ...limits, isEnabled: dto.isEnabled ?? true, nextRunAt: this.rules.nextRunAt(rule) };
    return this.unitOfWork.run(async (tx) => {
      const row = await this.automations.create(tx, automation);
      await record(tx, row, 'automation.created', { kind: row.kind, repositoryId });
      await call?.complete(tx, { status: 201, body: AutomationResponse.from(row), headers: { Location: `/api/v1/automations/${row.id}`, ETag: versionTag(row.rowVersion) } });
      return row;
    });
  }

  /** @throws {AppError} version_conflict, not_found and as `create` */
  async update({ row, rowVersion }: AutomationTarget, dto: UpdateAutomationDto): Promise<AutomationRow> {
    const changes = await this.changesOf(row, dto);
    return this.unitOfWork.run(async (tx) => {
      const changed = await this.automations.update(tx, { organizationId: row.organizationId, id: row.id, rowVersion }, changes);
      if (!changed) throw await this.refusal(tx, row);
      await record(tx, changed, 'automation.updated', { fields: Object.keys(changes) });
      return changed;
    });
  }

  /** @throws {AppError} version_conflict, not_found */
  async delete({ row, rowVersion }: AutomationTarget): Promise<void> {
    await this.unitOfWork.run(async (tx) => {
      if (!(await this.automations.delete(tx, { organizationId: row.organizationId, id: row.id, rowVersion }))) throw await this.refusal(tx, row);
      await record(tx, row, 'automation.deleted', {});
    });
  }

  /** A run now, by whatever kind it is. @throws {AppError} automation_disabled */
  async trigger(row: AutomationRow, { input }: TriggerAutomationDto, call: IdempotentCall | null): Promise<AutomationRunResponse> {
    const facts = { event: 'api', repository: row.repositoryFullName, date: new Date().toISOString().slice(0, 10), input };
    const outcome = await this.runs.start(row, { name: `api:${newId()}`, facts }, async (tx, run) => {
      await record(tx, row, 'automation.triggered', { runId: run.id, status: run.status });
      await call?.complete(tx, { status: 202, body: AutomationRunResponse.from(run) });
    });
    if (!outcome) throw new AppError(AUTOMATION_DISABLED, 'The automation is disabled; enable it to run it.');
    return AutomationRunResponse.from(outcome.run);
  }

  private async changesOf(row: AutomationRow, dto: UpdateAutomationDto): Promise<AutomationChanges> {
    const rule: CheckedRule = dto.trigger ? this.rules.rule(dto.trigger) : row;
    if (dto.trigger || dto.task) await this.rules.template(row, rule.kind, dto.task ?? row.template);
    // A schedule that was changed or slept begins anew: what it missed meanwhile is not made up for.
    const renews = dto.trigger !== undefined || dto.isEnabled === true;
    const changes: AutomationChanges = {
      name: dto.name, filter: dto.filter, template: dto.task, isEnabled: dto.isEnabled, ...(dto.trigger ? { kind: rule.kind, trigger: rule.trigger } : {}), ...(renews ? { nextRunAt: this.rules.nextRunAt(rule) } : {}),
      ...(dto.maxCreditsPerRun === undefined ? {} : { maxCreditsPerRunMicro: readCredits(dto.maxCreditsPerRun) }),
      ...(dto.maxCreditsPerMonth === undefined ? {} : { maxCreditsPerMonthMicro: readCredits(dto.maxCreditsPerMonth) }),
    };
    return Object.fromEntries(Object.entries(changes).filter(([, value]) => value !== undefined));
  }

  private async refusal(tx: Tx, { organizationId, id }: AutomationRow): Promise<Error> {
    return (await this.automations.find(tx, organizationId, id)) ? versionConflict() : notFound();
  }
}

function record(tx: Tx, { organizationId, id }: AutomationRow, action: `automation.${string}`, changes: Record<string, unknown>): Promise<void> {
  return recordAudit(tx, { organizationId, action, targetType: 'automation', targetId: id, changes });
}
