import { sha256, type Secret } from '@app/common';
import { timingSafeEqual } from 'node:crypto';

/** Whether a caller's `Authorization` header holds the token of the metrics. */
export function holdsMetricsToken(authorization: string | undefined, token: Secret): boolean {
  const given = /^Bearer (\S{1,1000})$/i.exec(authorization ?? '')?.[1] ?? '';
  // Hashes have one length, so that the comparison tells nothing about the token's.
  return token.use((text) => timingSafeEqual(sha256(given), sha256(text)));
}
