import { UnitOfWork, type TaskResultRow, type TaskView } from '@app/domain';
import { Injectable } from '@nestjs/common';
import { AttemptResponse } from '../dto/attempt.response';
import { CandidateResponse } from '../dto/candidate.response';
import { EventResponse } from '../dto/event.response';
import { LogLineResponse } from '../dto/log.dto';
import { MessageResponse } from '../dto/message.dto';
import { TaskPlanResponse } from '../dto/plan.dto';
import { TaskResponse } from '../dto/task.response';
import { TaskUsageResponse } from '../dto/usage.response';
import { FindingResponse } from '../findings/finding.dto';
import { HistoryStores, OutcomeStores } from './export-stores';

const ROWS_PER_READ = 500;
/** More than a review may make. */
const MOST_FINDINGS = 500;

/** One part of an export: a value, or rows that are read as fast as they are taken. */
export type ExportPart = { readonly name: string; readonly value: () => Promise<unknown> } | { readonly name: string; readonly rows: () => AsyncGenerator<object> };

/** Everything there is of a task, in parts that fit into memory however long it ran. */
@Injectable()
export class ExportParts {
  constructor(
    private readonly history: HistoryStores,
    private readonly outcome: OutcomeStores,
    private readonly unitOfWork: UnitOfWork,
  ) {}

  of(task: TaskView): ExportPart[] {
    const at = { organizationId: task.organizationId, taskId: task.id };
    const { reader } = this.unitOfWork;
    const { attempts, messages, events, logs, usage } = this.history;
    const { plans, candidates, findings, others } = this.outcome;
    const bySeq = <Row extends { readonly seq: number }>(read: (after: number) => Promise<Row[]>, show: (row: Row) => object) => () => paged(read, show);
    return [
      { name: 'task', value: () => Promise.resolve(TaskResponse.from(task)) },
      { name: 'attempts', value: async () => (await attempts.listForTask(reader, task.organizationId, task.id)).map((row) => AttemptResponse.from(row)) },
      { name: 'messages', rows: bySeq((after) => messages.listForTask(reader, at, { after, limit: ROWS_PER_READ }), (row) => MessageResponse.from(row)) },
      { name: 'events', rows: bySeq((after) => events.readAfter(reader, at, after, ROWS_PER_READ), (row) => EventResponse.from(row)) },
      { name: 'logs', rows: bySeq((after) => logs.read(reader, { ...at, after, limit: ROWS_PER_READ }), (row) => LogLineResponse.from(row)) },
      { name: 'findings', value: async () => (await findings.listForTask(reader, task, { limit: MOST_FINDINGS })).map((row) => FindingResponse.from(row)) },
      { name: 'usage', value: async () => TaskUsageResponse.from(await usage.listForTask(reader, task.organizationId, task.id)) },
      { name: 'plan', value: async () => plans.newest(reader, task).then((plan) => plan && TaskPlanResponse.from(plan)) },
      { name: 'candidates', value: async () => (await candidates.listForTask(reader, task.organizationId, task.id)).map((row) => CandidateResponse.from(row)) },
      { name: 'pullRequest', value: async () => (await others.pullRequests(reader, at))[0] ?? null },
    ];
  }

  results(task: TaskView): Promise<TaskResultRow[]> {
    return this.outcome.results.listForTask(this.unitOfWork.reader, task.organizationId, task.id);
  }

  /** The bytes of a result; none when they are gone. */
  async content(task: TaskView, { id }: TaskResultRow): Promise<Buffer> {
    return (await this.outcome.results.content(this.unitOfWork.reader, task.organizationId, id)) ?? Buffer.alloc(0);
  }
}

async function* paged<Row extends { readonly seq: number }>(read: (after: number) => Promise<Row[]>, show: (row: Row) => object): AsyncGenerator<object> {
  for (let after = 0; ; ) {
    const rows = await read(after);
    for (const row of rows) yield show(row);
    const last = rows.at(-1);
    if (!last || rows.length < ROWS_PER_READ) return;
    after = last.seq;
  }
}
