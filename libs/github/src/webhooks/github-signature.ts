import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Secret } from '@app/common';

const SIGNATURE = /^sha256=[0-9a-f]{64}$/;

/** The secrets in a setting: one, or several with commas between while one takes the other's place. */
export function webhookSecrets(setting: Secret | undefined): string[] {
  return setting?.use((list) => list.split(',').map((one) => one.trim()).filter((one) => one !== '')) ?? [];
}

/** Whether one of the secrets signed these bytes: `X-Hub-Signature-256`, compared in constant time, also over which of the secrets it was. */
export function isSignedByGithub(body: Buffer, signature: string | undefined, secrets: readonly string[]): boolean {
  if (signature === undefined || !SIGNATURE.test(signature)) return false;
  const given = Buffer.from(signature.slice('sha256='.length), 'hex');
  return secrets.filter((secret) => timingSafeEqual(createHmac('sha256', secret).update(body).digest(), given)).length > 0;
}
