import { Injectable } from '@nestjs/common';
import { sqlChange, storableJson } from '../sql';
import { leaseLost, type AttemptLease } from '../tasks/attempt-lease';
import type { Tx } from '../unit-of-work';

/** The model that an attempt begins with. */
export interface AttemptModel {
  readonly modelId: string;
  /** The organization's own key that it is called with; null: the platform's. */
  readonly apiKeyId: string | null;
  /** How it came to be the one, as it is shown. */
  readonly routing: Readonly<Record<string, unknown>>;
}

/** Which model an attempt works with, and why. */
@Injectable()
export class AttemptModelStore {
  /** Notes the choice on the attempt, and on its task for those who look at that; also a fence, and the first statement of its transaction. @throws {StopError} lease_lost */
  async choose(tx: Tx, lease: AttemptLease, { modelId, apiKeyId, routing }: AttemptModel): Promise<void> {
    const changed = await sqlChange(
      tx,
      `UPDATE task_attempts SET ai_model_id = $3, api_key_id = $4, routing = $5 WHERE id = $1 AND fence = $2 AND status = 'running' AND lease_expires_at > now()`,
      [lease.attemptId, lease.fence, modelId, apiKeyId, storableJson(routing)],
    );
    if (changed === 0) throw leaseLost(lease);
    await sqlChange(tx, 'UPDATE tasks SET ai_model_id = $2 WHERE id = $1 AND ai_model_id IS DISTINCT FROM $2', [lease.taskId, modelId]);
  }
}
