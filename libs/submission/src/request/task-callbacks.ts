import { AppConfig, invalidField, Secret } from '@app/common';
import { isWebhookSecret, sealCallback, SealedSecrets, type NewCallback, type Tx } from '@app/domain';
import { Injectable } from '@nestjs/common';
import { receiverUrl } from './receiver-url';
import type { TaskRequest, TaskRequestChange } from './task-request';

/** Where one task's events are sent, as its input says. */
export interface CallbackRequest {
  readonly url: string;
  readonly secret: Secret;
}

/** The callback of a single task: an address and the secret that signs what is sent there, both or neither. */
@Injectable()
export class TaskCallbacks {
  constructor(
    private readonly secrets: SealedSecrets,
    private readonly config: AppConfig,
  ) {}

  /** @throws {AppError} validation_failed, unsafe_url */
  read({ callbackUrl, callbackSecret }: Pick<TaskRequest, 'callbackUrl' | 'callbackSecret'>): CallbackRequest | null {
    const [url, secret] = [callbackUrl ?? null, callbackSecret ?? null];
    if (url === null && secret === null) return null;
    if (secret === null) throw invalidField('/callbackSecret', 'required', 'callbackUrl needs callbackSecret, which signs what is sent there');
    if (url === null) throw invalidField('/callbackUrl', 'required', 'callbackSecret needs callbackUrl');
    if (!isWebhookSecret(secret)) throw invalidField('/callbackSecret', 'invalid_format', 'must be whsec_ and the base64 of 24 to 64 bytes');
    return { url: receiverUrl('callbackUrl', url, { allowLoopback: !this.config.core.isProduction }), secret: new Secret(secret) };
  }

  /** The same of a change: undefined when it has none, null when it takes the callback away. @throws {AppError} validation_failed, unsafe_url */
  readChange({ callbackUrl, callbackSecret }: Pick<TaskRequestChange, 'callbackUrl' | 'callbackSecret'>): CallbackRequest | null | undefined {
    const request = this.read({ callbackUrl: callbackUrl ?? undefined, callbackSecret });
    return request === null && callbackUrl === undefined ? undefined : request;
  }

  /** Seals the secret for the row that will hold it. `taskId`: the task is there already. */
  async seal(tx: Tx, task: { readonly organizationId: string; readonly taskId?: string }, callback: CallbackRequest | null): Promise<NewCallback | null> {
    return callback && sealCallback(tx, this.secrets, { ...task, ...callback });
  }
}
