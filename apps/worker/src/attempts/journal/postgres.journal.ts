import { Journal, type AgentOutcome, type CallGrant, type JournalEntry, type ToolOutcome, type Verification } from '@app/agent';
import { sayExhausted, type Refusal } from '@app/billing';
import type { AttemptLease, AttemptStore, NewBlob, NewTaskEvent, StagedBlob, TaskEventStore, TaskLogStore, TaskMessageStore, Tx, UnitOfWork } from '@app/domain';
import type { TaskEventBus } from '@app/messaging';
import type { CrashPoints } from '../crash-points';
import { alertRows, chargeOf, entriesOf, exhaustedRow, finishedRow, shownParts, shownUsage, stepRows, verifyRow } from './journal-rows';
import { linesOfResult } from './log-lines';
import type { CallOutcome, CallPayer, Purse } from './purse';

type RequestedCall = Parameters<Journal['requestModel']>[0];
type CompletedCall = Parameters<Journal['completeModel']>[0];
type FailedCall = Parameters<Journal['failModel']>[0];
type CompletedStep = Parameters<Journal['completeStep']>[0];

export interface JournalParts {
  readonly uow: UnitOfWork;
  readonly attempts: AttemptStore;
  readonly events: TaskEventStore;
  readonly messages: TaskMessageStore;
  readonly logs: TaskLogStore;
  readonly bus: TaskEventBus;
  readonly crash: CrashPoints;
}

export interface JournalSubject {
  readonly lease: AttemptLease;
  /** Name of the model for readers. */
  readonly modelName: string;
  readonly purse: Purse;
  /** Who pays for calls of the models that may stand in, by their names; absent: the purse's owner pays for all. */
  readonly payers?: ReadonlyMap<string, CallPayer>;
  /** A git bundle of everything since the base, after the newest checkpoint. */
  readonly bundle: () => Promise<Buffer | null>;
}

/** The agent's record in PostgreSQL. Each method is one transaction under the fence; readers are woken after its commit. */
export class PostgresJournal extends Journal {
  private lastCall = 0;
  /** Name of the model that the open call goes to. */
  private lastModel: string | null = null;
  private lastPurpose: RequestedCall['purpose'];
  private lastTree: string | null = null;

  constructor(
    private readonly parts: JournalParts,
    private readonly subject: JournalSubject,
  ) {
    super();
  }

  async load(): Promise<JournalEntry[]> {
    const { lease } = this.subject;
    const rows = await this.parts.uow.run((tx) => this.parts.events.readForResume(tx, lease.taskId));
    const ours = rows.filter((row) => row.type === 'model.requested' && row.attemptId === lease.attemptId);
    this.lastCall = Math.max(0, ...ours.map((row) => (row.type === 'model.requested' ? row.data.callSeq : 0)));
    return entriesOf(rows);
  }

  async requestModel(request: RequestedCall): Promise<CallGrant> {
    const callSeq = this.lastCall + 1;
    this.parts.crash.reach('T2-before');
    const granted = await this.subject.purse.hold({ ...request, callSeq, payer: this.payerOf(request.model) }, (tx, held) => this.recordRequest(tx, { ...request, ...held, callSeq }));
    if (!granted.ok) return this.refused(granted);
    this.lastCall = callSeq;
    this.lastModel = request.model ?? null;
    this.lastPurpose = request.purpose;
    this.parts.crash.reach('T2-after');
    this.announce();
    return { granted: true, callSeq, maxTokens: granted.maxTokens, messages: granted.recorded };
  }

  async completeModel({ callSeq, step, end, latencyMs, ttftMs }: CompletedCall): Promise<{ creditsMicro: bigint }> {
    this.parts.crash.reach('T3-before');
    const charged = await this.write(async (tx) => {
      const outcome: CallOutcome = { callSeq, outcome: 'ok', usage: end.usage, responseId: end.responseId, latencyMs, ttftMs, error: null, purpose: this.lastPurpose };
      const { creditsMicro, nanoUsd, priceId, alerts } = await this.subject.purse.settle(tx, outcome);
      const data = {
        callSeq, step, role: 'assistant' as const, parts: shownParts(end.message), model: this.lastModel ?? this.subject.modelName, stop: end.stop, usage: shownUsage(end.usage), priceId,
        ...chargeOf(creditsMicro, nanoUsd),
      };
      await this.append(tx, [{ type: 'model.completed', data, internal: { message: end.message, stop: end.stop, usage: end.usage } }, ...alertRows(alerts)]);
      return creditsMicro;
    });
    this.parts.crash.reach('T3-after');
    return { creditsMicro: charged };
  }

  async failModel({ callSeq, step, kind, message, usage, waitMs, nextModel, latencyMs }: FailedCall): Promise<void> {
    await this.write(async (tx) => {
      const { alerts } = await this.subject.purse.settle(tx, { callSeq, outcome: kind, usage, responseId: null, latencyMs, ttftMs: null, error: message, purpose: this.lastPurpose });
      await this.append(tx, [{ type: 'model.failed', data: { callSeq, step, kind, text: message, waitMs, nextModel: nextModel ?? null } }, ...alertRows(alerts)]);
    });
  }

  async completeStep(step: CompletedStep): Promise<void> {
    const { checkpoint } = step;
    const bundle = checkpoint.tree === this.lastTree ? null : await this.bundle();
    this.parts.crash.reach('T4-before');
    await this.parts.uow.run(async (tx) => {
      await this.parts.attempts.saveCheckpoint(tx, this.subject.lease, checkpoint, bundle);
      await this.append(tx, stepRows(step));
      await this.appendLogs(tx, step.results);
    });
    this.lastTree = checkpoint.tree;
    this.parts.crash.reach('T4-after');
    this.announce();
  }

  nudge(text: string): Promise<void> {
    return this.record({ type: 'nudge', data: { text } });
  }

  verified(phase: 'base' | 'head', verification: Verification): Promise<void> {
    return this.record(verifyRow(phase, verification));
  }

  compacted(upToSeq: number, summary: string): Promise<void> {
    return this.record({ type: 'compacted', data: { upToSeq, text: summary } });
  }

  finish(outcome: AgentOutcome): Promise<void> {
    return this.record(finishedRow(outcome));
  }

  delta(kind: 'text' | 'think', text: string): void {
    this.parts.bus.publishDelta({ taskId: this.subject.lease.taskId, kind, text });
  }

  /** A breach is an event that names what was breached; the run ends with its work kept. */
  private async refused(refusal: Refusal): Promise<CallGrant> {
    const { reason, limit } = refusal;
    if (!limit) return { granted: false, reason };
    await this.write(async (tx) => {
      await this.subject.purse.tellRefusal(tx, refusal);
      await this.append(tx, [exhaustedRow(limit)]);
    });
    return { granted: false, reason, detail: sayExhausted(limit) };
  }

  /** Everything since the base; a large one is in the object store before a row names it. */
  private async bundle(): Promise<NewBlob | StagedBlob | null> {
    const bytes = await this.subject.bundle();
    return bytes && this.parts.attempts.stageBundle(this.parts.uow, this.subject.lease, bytes);
  }

  private async recordRequest(tx: Tx, call: RequestedCall & { callSeq: number; heldMicro: bigint }): Promise<{ id: string; content: string }[]> {
    // Whoever looks at the work again does not answer people.
    const waiting = call.purpose === 'review' ? [] : await this.parts.messages.undelivered(tx, this.subject.lease.taskId);
    const messageIds = waiting.map((message) => message.id);
    await this.parts.messages.markDelivered(tx, this.subject.lease.taskId, messageIds);
    const { callSeq, step, maxTokens, promptTokens, heldMicro } = call;
    const data = { callSeq, step, model: call.model ?? this.subject.modelName, maxTokens, promptTokens, heldCreditsMicros: Number(heldMicro) };
    await this.append(tx, [{ type: 'model.requested', data, internal: { messageIds } }]);
    return waiting;
  }

  /** @throws {Error} for a model that nobody pays for: its calls must not be made */
  private payerOf(model: string | undefined): CallPayer | undefined {
    const { payers } = this.subject;
    if (model === undefined || payers === undefined) return undefined;
    const payer = payers.get(model);
    if (!payer) throw new Error(`nobody pays for calls of ${model}`);
    return payer;
  }

  private record(row: NewTaskEvent): Promise<void> {
    return this.write((tx) => this.append(tx, [row]));
  }

  private async write<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
    const result = await this.parts.uow.run(async (tx) => {
      await this.parts.attempts.fence(tx, this.subject.lease);
      return work(tx);
    });
    this.announce();
    return result;
  }

  private async append(tx: Tx, rows: readonly NewTaskEvent[]): Promise<void> {
    await this.parts.events.append(tx, this.subject.lease.taskId, this.subject.lease.attemptId, rows);
  }

  private async appendLogs(tx: Tx, results: readonly ToolOutcome[]): Promise<void> {
    await this.parts.logs.append(tx, this.subject.lease.taskId, this.subject.lease.attemptId, results.flatMap(linesOfResult));
  }

  private announce(): void {
    this.parts.bus.publishNews(this.subject.lease.taskId);
  }
}
