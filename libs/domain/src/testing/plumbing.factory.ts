import { createHash, randomBytes } from 'node:crypto';
import { newId } from '@app/common';
import { ApiKey } from '../api-keys/api-key.entity';
import { ApiKeyProvider } from '../api-keys/api-key-provider.entity';
import { UserSession } from '../sessions/user-session.entity';
import { StoredBlob } from '../tasks/stored-blob.entity';
import { PersonalAccessToken } from '../tokens/personal-access-token.entity';
import { WebhookEndpoint } from '../webhook-endpoints/webhook-endpoint.entity';
import { WebhookDelivery } from '../webhooks/webhook-delivery.entity';
import { insert, managerOf, unique, type Db } from './insert';

const DAY_MS = 24 * 3600 * 1000;
const sha256 = (bytes: Buffer | string) => createHash('sha256').update(bytes).digest();

export function aSession(db: Db, userId: string, values: Partial<UserSession> = {}): Promise<UserSession> {
  return insert(db, UserSession, { id: newId(), userId, authMethod: 'password', expiresAt: new Date(Date.now() + 30 * DAY_MS), ...values });
}

/** A personal access token whose text is `text`; only its hash is stored. */
export function anAccessToken(
  db: Db,
  text: string,
  values: Partial<PersonalAccessToken> & Pick<PersonalAccessToken, 'userId' | 'organizationId'>,
): Promise<PersonalAccessToken> {
  return insert(db, PersonalAccessToken, { id: newId(), name: unique('token'), tokenPrefix: text.slice(0, 8), tokenHash: sha256(text), ...values });
}

/** A key of the customer; its ciphertext opens with nothing. The provider is made if it is missing. */
export async function anApiKey(db: Db, values: Partial<ApiKey> & Pick<ApiKey, 'userId' | 'organizationId'>): Promise<ApiKey> {
  const provider = values.provider ?? 'anthropic';
  const known = await managerOf(db).existsBy(ApiKeyProvider, { provider });
  if (!known) await insert(db, ApiKeyProvider, { id: newId(), provider, displayName: provider, category: 'ai_models' });
  return insert(db, ApiKey, { id: newId(), provider, name: unique('key'), keyCiphertext: randomBytes(48), keyFingerprint: randomBytes(32), keyLast4: 'abcd', ...values });
}

export function aBlob(db: Db, organizationId: string, content: Buffer, values: Partial<StoredBlob> = {}): Promise<StoredBlob> {
  return insert(db, StoredBlob, {
    id: newId(), organizationId, mediaType: 'application/octet-stream', content, sizeBytes: BigInt(content.length), contentSha256: sha256(content), ...values,
  });
}

export function aWebhookDelivery(db: Db, values: Partial<WebhookDelivery> = {}): Promise<WebhookDelivery> {
  const rawBody = values.rawBody ?? Buffer.from(JSON.stringify({ delivery: unique('body') }));
  return insert(db, WebhookDelivery, { id: newId(), source: 'github', deliveryId: unique('delivery'), eventType: 'ping', rawBody, bodySha256: sha256(rawBody), ...values });
}

export function aWebhookEndpoint(db: Db, values: Partial<WebhookEndpoint> & Pick<WebhookEndpoint, 'organizationId'>): Promise<WebhookEndpoint> {
  return insert(db, WebhookEndpoint, { id: newId(), url: `https://example.com/${unique('hook')}`, events: ['task.completed'], secretEnc: randomBytes(48), ...values });
}
