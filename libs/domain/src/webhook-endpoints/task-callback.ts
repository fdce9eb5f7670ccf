import { newId, type Secret } from '@app/common';
import type { EntityManager } from 'typeorm';
import type { SealedSecret, SealedSecrets } from '../secrets/sealed-secrets';
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

/** Seals a task's callback before the task is written. */
export async function sealCallback(tx: EntityManager, secrets: SealedSecrets, { organizationId, url, secret }: { organizationId: string; url: string; secret: Secret }): Promise<NewCallback> {
  const endpointId = newId();
  return { endpointId, url, secret: await secrets.seal(tx, secretPlace(organizationId, endpointId), secret), secretLast4: last4(secret) };
}

/** Writes the callback's endpoint: of this task only, with all of its events. */
export async function insertCallback(tx: EntityManager, task: { taskId: string; organizationId: string; userId: string }, callback: NewCallback): Promise<Listener> {
  const events = [ALL_EVENTS];
  await tx.query(
    `INSERT INTO webhook_endpoints (id, organization_id, task_id, url, events, secret_enc, key_version, secret_last4, created_by_user_id) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
    [callback.endpointId, task.organizationId, task.taskId, callback.url, events, callback.secret.sealed, callback.secret.keyVersion, callback.secretLast4, task.userId],
  );
  return { id: callback.endpointId, events };
}
