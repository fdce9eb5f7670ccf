import { randomBytes } from 'node:crypto';
import { Secret } from '@app/common';
import type { SecretPlace } from '../secrets/sealed-secrets';

const PREFIX = 'whsec_';
const OWN_BYTES = 32;
/** What Standard Webhooks allows. */
const LEAST_BYTES = 24;
const MOST_BYTES = 64;

/** A new signing secret: `whsec_` and 32 random bytes as base64. */
export function newWebhookSecret(): Secret {
  return new Secret(`${PREFIX}${randomBytes(OWN_BYTES).toString('base64')}`);
}

/** Whether a text that a user gave is a signing secret: `whsec_` and the base64 of 24 to 64 bytes. */
export function isWebhookSecret(text: unknown): boolean {
  if (typeof text !== 'string' || !text.startsWith(PREFIX)) return false;
  const encoded = text.slice(PREFIX.length);
  const bytes = Buffer.from(encoded, 'base64');
  return bytes.length >= LEAST_BYTES && bytes.length <= MOST_BYTES && bytes.toString('base64') === encoded;
}

/** The end of a secret, by which people tell one from another. */
export function last4(secret: Secret): string {
  // Without the padding, which all have in common.
  return secret.use((text) => text.replace(/=+$/, '').slice(-4));
}

/** Where an endpoint's secret is kept; `previous`: the one before it, while both sign. */
export function secretPlace(organizationId: string, endpointId: string, which: 'current' | 'previous' = 'current'): SecretPlace {
  return { organizationId, column: which === 'current' ? 'webhook_endpoints.secret_enc' : 'webhook_endpoints.previous_secret_enc', rowId: endpointId };
}
