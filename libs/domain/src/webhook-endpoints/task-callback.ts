import { newId, type Secret } from '@app/common';
import type { EntityManager } from 'typeorm';
import type { SealedSecret, SealedSecrets } from '../secrets/sealed-secrets';
import { sqlChange, sqlRow } from '../sql';
import type { Listener } from './webhook-emission';
import { ALL_EVENTS } from './webhook-event';
import { last4, secretPlace } from './webhook-secret';

/** Where the events of one task are sent, with the secret sealed for the row that will hold it. */
export interface NewCallback {
  readonly endpointId: string;
  readonly url: string;
  readonly secret: SealedSecret;
  readonly secretLast4: string;
}

/** Seals a task's callback before the task is written. `taskId`: a task that is there, and stays locked until the commit. */
export async function sealCallback(tx: EntityManager, secrets: SealedSecrets, wish: { organizationId: string; taskId?: string; url: string; secret: Secret }): Promise<NewCallback> {
  const { organizationId, taskId, url, secret } = wish;
  const endpointId = (taskId === undefined ? null : await endpointOf(tx, taskId)) ?? newId();
  return { endpointId, url, secret: await secrets.seal(tx, secretPlace(organizationId, endpointId), secret), secretLast4: last4(secret) };
}

/** A task has one endpoint at most, for good: its secret is bound to that row. Two statements, or what another call wrote while this one waited would not be seen. */
async function endpointOf(tx: EntityManager, taskId: string): Promise<string | null> {
  await tx.query('SELECT 1 FROM tasks WHERE id = $1 FOR NO KEY UPDATE', [taskId]);
  return (await sqlRow<{ id: string }>(tx, 'SELECT id FROM webhook_endpoints WHERE task_id = $1', [taskId]))?.id ?? null;
}

/** Writes the callback's endpoint: of this task only, with all of its events. It takes the place of the one before, whose open deliveries it gets. */
export async function writeCallback(tx: EntityManager, task: { taskId: string; organizationId: string }, callback: NewCallback): Promise<Listener> {
  const events = [ALL_EVENTS];
  await tx.query(
    `INSERT INTO webhook_endpoints (id, organization_id, task_id, url, events, secret_enc, key_version, secret_last4, created_by_user_id) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, (SELECT user_id FROM tasks WHERE id = $3))
     ON CONFLICT (task_id) WHERE task_id IS NOT NULL DO UPDATE SET url = EXCLUDED.url, secret_enc = EXCLUDED.secret_enc, key_version = EXCLUDED.key_version, secret_last4 = EXCLUDED.secret_last4,
       status = 'active', disabled_reason = NULL, consecutive_failures = 0, deleted_at = NULL`,
    [callback.endpointId, task.organizationId, task.taskId, callback.url, events, callback.secret.sealed, callback.secret.keyVersion, callback.secretLast4],
  );
  return { id: callback.endpointId, events };
}

/** The task's events go there no more, open deliveries included; its secret is forgotten. */
export async function removeCallback(tx: EntityManager, taskId: string): Promise<void> {
  await sqlChange(tx, `UPDATE webhook_endpoints SET deleted_at = now(), secret_enc = '' WHERE task_id = $1 AND deleted_at IS NULL`, [taskId]);
}
