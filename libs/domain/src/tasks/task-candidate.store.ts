import { creditsFromMicros, usdFromNano } from '@app/common';
import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { sqlRow, sqlRows } from '../sql';
import type { Tx } from '../unit-of-work';
import type { Candidate, CandidateVerdict } from './candidate-choice';
import type { EventCandidate } from './task-event';
import { TaskEventStore } from './task-event.store';

/** The candidates of tasks, as they stand, and what was said of them. */
@Injectable()
export class TaskCandidateStore {
  constructor(private readonly events: TaskEventStore) {}

  /** The candidates of a task, the first one first. For the worker; `listForTask` is for people. */
  list(manager: EntityManager, taskId: string): Promise<Candidate[]> {
    return sqlRows<Candidate>(manager, LIST, [taskId], ['creditsMicro', 'costNusd']);
  }

  /** The candidates of an organization's task with what the choice said of each; null before it. */
  async listForTask(manager: EntityManager, organizationId: string, taskId: string): Promise<(Candidate & { chosen: boolean; reason: string | null })[]> {
    const task = await sqlRow<{ chosenTaskId: string | null }>(manager, 'SELECT chosen_task_id FROM tasks WHERE id = $2 AND organization_id = $1', [organizationId, taskId]);
    if (!task) return [];
    const said = await sqlRow<{ candidates: EventCandidate[] }>(manager, `SELECT data -> 'candidates' AS candidates FROM task_events WHERE task_id = $1 AND type = 'candidates' ORDER BY seq DESC LIMIT 1`, [taskId]);
    const reasons = new Map(said?.candidates.map(({ taskId: id, reason }) => [id, reason]));
    return (await this.list(manager, taskId)).map((candidate) => ({ ...candidate, chosen: candidate.taskId === task.chosenTaskId, reason: reasons.get(candidate.taskId) ?? null }));
  }

  /** Tells how the candidates stand; with reasons once one was chosen or none can be. */
  async tell(tx: Tx, taskId: string, attemptId: string | null, told: { readonly text: string; readonly chosen: string | null; readonly verdicts: readonly (Omit<CandidateVerdict, 'reason'> & { reason: string | null })[] }): Promise<void> {
    const candidates = told.verdicts.map(({ candidate, reason }) => shown(candidate, reason));
    await this.events.append(tx, taskId, attemptId, [{ type: 'candidates', data: { chosenTaskId: told.chosen, candidates, text: told.text } }]);
  }
}

function shown({ taskId, number, status, statusReason, verification, patchBytes, creditsMicro, costNusd }: Candidate, reason: string | null): EventCandidate {
  return { taskId, number, status, statusReason, verification, patchBytes, credits: creditsFromMicros(creditsMicro), creditsMicros: Number(creditsMicro), costUsd: usdFromNano(costNusd), reason };
}

/** A candidate's key ends in its number, so that no number is made twice. */
export function candidateKey(taskId: string, number: number): string {
  return `candidate:${taskId}:${number}`;
}

const LIST = `
SELECT c.id AS task_id, split_part(c.dedupe_key, ':', 3)::integer AS number, c.status, c.status_reason, c.verification, r.size_bytes::integer AS patch_bytes,
       k.credits_used_micro AS credits_micro, k.cost_nusd
  FROM tasks c JOIN task_counters k ON k.task_id = c.id
  LEFT JOIN LATERAL (SELECT x.size_bytes FROM task_results x WHERE x.task_id = c.id AND x.result_type = 'patch' ORDER BY x.created_at DESC, x.id DESC LIMIT 1) r ON true
 WHERE c.parent_task_id = $1 AND c.source = 'candidate' ORDER BY 2`;
